package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// importedKey is the private data key under which an import stores what it found.
const importedKey = "imported"

// importedVersion is the version that an import found. The Server may return a flow with other numbers than
// were registered: 1 for 1.0, and 9007199254740992 for 9007199254740993. A file with the returned flow then
// has a different key from the version, but it is the same flow.
type importedVersion struct {
	FlowID string `json:"flow_id"`
	// Key is the key of the flow as the Server returns it.
	Key string `json:"key"`
}

// noteImport leaves in the private data which version was imported, and what the file means that the import names, if it is
// there: plans need not decode it then.
func noteImport(ctx context.Context, private framework.Private, flowID string, stored *serialization.Flow, in inputs) diag.Diagnostics {
	key, err := stored.Key()
	if err != nil {
		return nil // the flow cannot be registered either
	}
	diags := framework.SetPrivate(ctx, private, importedKey, importedVersion{FlowID: flowID, Key: key})
	file, err := inputs{FlowFile: in.FlowFile, FlowJSON: framework.JSONNull(), Labels: types.SetNull(types.StringType), RunConfig: runconfig.Null()}.readFile(maxFlowText)
	if err != nil {
		return diags // the plan says it
	}
	if want, d := file.intent(ctx); !d.HasError() {
		diags.Append(note(ctx, private, file, want)...)
	}
	return diags
}

// importedOf returns what an import stored; empty if there was none.
func importedOf(ctx context.Context, private framework.Private) (importedVersion, diag.Diagnostics) {
	var imported importedVersion
	_, diags := framework.GetPrivate(ctx, private, importedKey, &imported)
	return imported, diags
}

// isCurrent reports whether the version in state is the imported one.
func (v importedVersion) isCurrent(state *model) bool {
	return v.FlowID != "" && v.FlowID == state.FlowID.ValueString()
}

// holds reports whether a flow with this key is the version in state as the Server returns it.
func (v importedVersion) holds(state *model, key string) bool {
	return v.isCurrent(state) && v.Key == key
}
