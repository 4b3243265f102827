package framework

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ClientLogger returns a function that writes each attempt of a request to Terraform's log: at debug level,
// or as a warning if the client will retry. The client omits secrets from its events; they are masked here as
// well, because the answer of a gateway or proxy may quote them. Masks are set at each call because every
// request from Terraform has its own logger in its context.
func ClientLogger(secrets []string) func(context.Context, prefect.Event) {
	mask := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		if secret != "" {
			mask = append(mask, secret)
		}
	}
	return func(ctx context.Context, event prefect.Event) {
		if len(mask) > 0 {
			ctx = tflog.MaskAllFieldValuesStrings(ctx, mask...)
			ctx = tflog.MaskMessageStrings(ctx, mask...)
		}
		fields := eventFields(event)
		if event.RetryReason != "" {
			tflog.Warn(ctx, "Request to Prefect Server failed and will be retried", fields)
			return
		}
		tflog.Debug(ctx, "Request to Prefect Server", fields)
	}
}

func eventFields(event prefect.Event) map[string]any {
	fields := map[string]any{
		"operation":      event.Operation,
		"endpoint":       event.Endpoint,
		"attempt":        event.Attempt,
		"duration_ms":    event.Duration.Milliseconds(),
		"request_bytes":  event.RequestBytes,
		"response_bytes": event.ResponseBytes,
	}
	if event.Status != 0 {
		fields["status"] = event.Status
	}
	if event.Err != nil {
		// As text: an error value would escape the masks.
		fields["error"] = event.Err.Error()
	}
	if event.RetryReason != "" {
		fields["retry_reason"] = event.RetryReason
		fields["retry_in_ms"] = event.RetryIn.Milliseconds()
	}
	return fields
}
