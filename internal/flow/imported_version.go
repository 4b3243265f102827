package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// importedKey is the key of the private data where an import leaves what it found.
const importedKey = "imported"

// importedVersion is the version that an import found. The Server may give its flow back with other numbers than it was
// registered with: 1 for 1.0, and 9007199254740992 for 9007199254740993. A file with what the Server gives back then has
// another key than the version, but it is the same flow.
type importedVersion struct {
	FlowID string `json:"flow_id"`
	// Key is that of the flow as the Server gives it back.
	Key string `json:"key"`
}

// noteImport leaves in the private data which version was imported.
func noteImport(ctx context.Context, private framework.Private, flowID string, stored *serialization.Flow) diag.Diagnostics {
	key, err := stored.Key()
	if err != nil {
		return nil // the flow cannot be registered either
	}
	return framework.SetPrivate(ctx, private, importedKey, importedVersion{FlowID: flowID, Key: key})
}

// importedOf is what an import has left; empty if there was none.
func importedOf(ctx context.Context, private framework.Private) (importedVersion, diag.Diagnostics) {
	var imported importedVersion
	_, diags := framework.GetPrivate(ctx, private, importedKey, &imported)
	return imported, diags
}

// holds reports whether a flow with this key is the version in state as the Server gives it back.
func (v importedVersion) holds(state *model, key string) bool {
	return v.FlowID != "" && v.FlowID == state.FlowID.ValueString() && v.Key == key
}
