package framework

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Private is the private data of a request or response. Terraform stores it with the resource and never shows
// it.
type Private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// GetPrivate reads a value into a pointer; it returns false if there is none.
func GetPrivate(ctx context.Context, p Private, key string, into any) (bool, diag.Diagnostics) {
	raw, diags := p.GetKey(ctx, key)
	if diags.HasError() || len(raw) == 0 {
		return false, diags
	}
	if err := json.Unmarshal(raw, into); err != nil {
		diags.AddError("The private data of the resource cannot be read", err.Error())
	}
	return true, diags
}

// SetPrivate writes a value.
func SetPrivate(ctx context.Context, p Private, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The private data of the resource cannot be written", err.Error())}
	}
	return p.SetKey(ctx, key, raw)
}
