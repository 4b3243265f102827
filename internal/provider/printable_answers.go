package provider

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// printable is a server whose diagnostics and progress messages are safe to show on a terminal, and not endless: logs of runs,
// events of clusters and answers of servers come from outside, and all of them pass through here.
type printable struct{ everything }

// clean makes an answer's diagnostics printable.
func clean[T any](resp *T, err error) (*T, error) {
	if resp == nil {
		return resp, err
	}
	value := reflect.ValueOf(resp).Elem()
	if all, ok := field[[]*tfprotov6.Diagnostic](value, "Diagnostics"); ok {
		cleanAll(all)
	}
	if failure, ok := field[*tfprotov6.FunctionError](value, "Error"); ok && failure != nil {
		failure.Text = framework.Shown(failure.Text)
	}
	return resp, err
}

func field[T any](value reflect.Value, name string) (T, bool) {
	var none T
	found := value.FieldByName(name)
	if !found.IsValid() {
		return none, false
	}
	typed, ok := found.Interface().(T)
	return typed, ok
}

func cleanAll(all []*tfprotov6.Diagnostic) {
	for _, d := range all {
		d.Summary, d.Detail = framework.Shown(d.Summary), framework.Shown(d.Detail)
	}
}

// InvokeAction makes the progress printable too.
func (p printable) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := p.everything.InvokeAction(ctx, req)
	if err != nil || stream == nil {
		return stream, err //nolint:wrapcheck // the framework's answer
	}
	events := stream.Events
	stream.Events = func(push func(tfprotov6.InvokeActionEvent) bool) {
		events(func(event tfprotov6.InvokeActionEvent) bool {
			switch e := event.Type.(type) {
			case tfprotov6.ProgressInvokeActionEventType:
				e.Message = framework.Shown(e.Message)
				event.Type = e
			case tfprotov6.CompletedInvokeActionEventType:
				cleanAll(e.Diagnostics)
			}
			return push(event)
		})
	}
	return stream, nil
}

// ListResource makes the diagnostics of each result printable.
func (p printable) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := p.everything.ListResource(ctx, req)
	if err != nil || stream == nil {
		return stream, err //nolint:wrapcheck // the framework's answer
	}
	results := stream.Results
	stream.Results = func(push func(tfprotov6.ListResourceResult) bool) {
		results(func(result tfprotov6.ListResourceResult) bool {
			cleanAll(result.Diagnostics)
			return push(result)
		})
	}
	return stream, nil
}

// GetMetadata makes the answer printable.
func (p printable) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return clean(p.everything.GetMetadata(ctx, req))
}

// GetProviderSchema makes the answer printable.
func (p printable) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return clean(p.everything.GetProviderSchema(ctx, req))
}

// GetResourceIdentitySchemas makes the answer printable.
func (p printable) GetResourceIdentitySchemas(ctx context.Context, req *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return clean(p.everything.GetResourceIdentitySchemas(ctx, req))
}

// ValidateProviderConfig makes the answer printable.
func (p printable) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return clean(p.everything.ValidateProviderConfig(ctx, req))
}

// ConfigureProvider makes the answer printable.
func (p printable) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return clean(p.everything.ConfigureProvider(ctx, req))
}

// ValidateResourceConfig makes the answer printable.
func (p printable) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return clean(p.everything.ValidateResourceConfig(ctx, req))
}

// UpgradeResourceState makes the answer printable.
func (p printable) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return clean(p.everything.UpgradeResourceState(ctx, req))
}

// UpgradeResourceIdentity makes the answer printable.
func (p printable) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return clean(p.everything.UpgradeResourceIdentity(ctx, req))
}

// ReadResource makes the answer printable.
func (p printable) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return clean(p.everything.ReadResource(ctx, req))
}

// PlanResourceChange makes the answer printable.
func (p printable) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return clean(p.everything.PlanResourceChange(ctx, req))
}

// ApplyResourceChange makes the answer printable.
func (p printable) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return clean(p.everything.ApplyResourceChange(ctx, req))
}

// ImportResourceState makes the answer printable.
func (p printable) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return clean(p.everything.ImportResourceState(ctx, req))
}

// MoveResourceState makes the answer printable.
func (p printable) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return clean(p.everything.MoveResourceState(ctx, req))
}

// GenerateResourceConfig makes the answer printable.
func (p printable) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return clean(p.everything.GenerateResourceConfig(ctx, req))
}

// ValidateDataResourceConfig makes the answer printable.
func (p printable) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return clean(p.everything.ValidateDataResourceConfig(ctx, req))
}

// ReadDataSource makes the answer printable.
func (p printable) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return clean(p.everything.ReadDataSource(ctx, req))
}

// ValidateEphemeralResourceConfig makes the answer printable.
func (p printable) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return clean(p.everything.ValidateEphemeralResourceConfig(ctx, req))
}

// OpenEphemeralResource makes the answer printable.
func (p printable) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return clean(p.everything.OpenEphemeralResource(ctx, req))
}

// RenewEphemeralResource makes the answer printable.
func (p printable) RenewEphemeralResource(ctx context.Context, req *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return clean(p.everything.RenewEphemeralResource(ctx, req))
}

// CloseEphemeralResource makes the answer printable.
func (p printable) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return clean(p.everything.CloseEphemeralResource(ctx, req))
}

// CallFunction makes the answer printable.
func (p printable) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return clean(p.everything.CallFunction(ctx, req))
}

// GetFunctions makes the answer printable.
func (p printable) GetFunctions(ctx context.Context, req *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return clean(p.everything.GetFunctions(ctx, req))
}

// ValidateActionConfig makes the answer printable.
func (p printable) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return clean(p.everything.ValidateActionConfig(ctx, req))
}

// PlanAction makes the answer printable.
func (p printable) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return clean(p.everything.PlanAction(ctx, req))
}

// ValidateListResourceConfig makes the answer printable.
func (p printable) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return clean(p.everything.ValidateListResourceConfig(ctx, req))
}
