package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// ClientLogger returns a function that writes messages of the Server client to
// Terraform's log, at debug level, with every secret replaced by asterisks in
// message and fields. Each call sets the masks anew, since the context of each
// request from Terraform carries a logger of its own.
func ClientLogger(secrets []string) func(ctx context.Context, message string, fields map[string]any) {
	var mask []string
	for _, secret := range secrets {
		if secret != "" {
			mask = append(mask, secret)
		}
	}
	return func(ctx context.Context, message string, fields map[string]any) {
		if len(mask) > 0 {
			ctx = tflog.MaskAllFieldValuesStrings(ctx, mask...)
			ctx = tflog.MaskMessageStrings(ctx, mask...)
		}
		tflog.Debug(ctx, message, fields)
	}
}
