package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// ConfigureProvider records that this is a real provider: Terraform never configures the one behind a
// `mock_provider`.
func (s *served) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.configured.Store(true)
	return s.everything.ConfigureProvider(ctx, req) //nolint:wrapcheck // the framework's answer
}

// ValidateResourceConfig accepts mocked values until the provider is configured.
func (s *served) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return s.everything.ValidateResourceConfig(s.validating(ctx), req) //nolint:wrapcheck // the framework's answer
}

// ValidateDataResourceConfig accepts mocked values until the provider is configured.
func (s *served) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return s.everything.ValidateDataResourceConfig(s.validating(ctx), req) //nolint:wrapcheck // the framework's answer
}

func (s *served) validating(ctx context.Context) context.Context {
	if s.configured.Load() {
		return ctx
	}
	return framework.WithMocks(ctx)
}
