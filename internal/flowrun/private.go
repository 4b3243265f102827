package flowrun

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Keys of the private data that Terraform keeps with the resource.
const (
	recordKey      = "run"
	replacementKey = "replacement"
)

// record is what is remembered of a run beside its state.
type record struct {
	ID string `json:"id"`
	// Settled says that the wait for the run is over for good.
	Settled bool `json:"settled"`
	// FromServer says that parameters and context in the state are what the Server
	// made of the inputs, because none were given or the run was imported.
	FromServer bool `json:"from_server"`
	// Template is the digest of the job template that the run was created with: the file may be another one by now, or
	// gone. It is "" for a run without run_config, or of which that is not known.
	Template string `json:"template,omitempty"`
}

// replacement is left in the plan of a creation, for the Delete that Terraform
// calls first if it replaces an object.
type replacement struct {
	// Digest is that of the planned inputs, or "" if not all are known.
	Digest string `json:"digest"`
}

// private is the private data of a request or response.
type private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// getPrivate reads a value; it returns false if there is none.
func getPrivate(ctx context.Context, p private, key string, into any) (bool, diag.Diagnostics) {
	raw, diags := p.GetKey(ctx, key)
	if diags.HasError() || len(raw) == 0 {
		return false, diags
	}
	if err := json.Unmarshal(raw, into); err != nil {
		diags.AddError("The private data of the flow run cannot be read", err.Error())
	}
	return true, diags
}

func setPrivate(ctx context.Context, p private, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The private data of the flow run cannot be written", err.Error())}
	}
	return p.SetKey(ctx, key, raw)
}
