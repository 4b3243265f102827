package provider

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/flow"
	"github.com/prefect-server/terraform-provider-prefect/internal/flowrun"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// everything is the set of RPCs that the provider serves.
type everything interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// served wraps the framework's server and overrides the RPCs that it does not let providers customise.
type served struct {
	everything
	// notGenerated lists, by resource, the arguments to omit from generated configuration.
	notGenerated map[string][]string
	invocations  invocations
	afterwards   *framework.Afterwards
	progress     *framework.Progress
	configured   atomic.Bool
}

// Server is the provider as Terraform sees it.
type Server interface {
	tfprotov6.ProviderServer
	// Finish runs deferred work when Terraform has stopped the provider, within the time that Terraform
	// grants.
	Finish()
}

// NewServer creates a provider and serves it over the plugin protocol. version is as in New.
func NewServer(version string) (Server, error) {
	p := newProvider(version)
	inner, ok := providerserver.NewProtocol6(p)().(everything)
	if !ok {
		return nil, errors.New("the plugin framework does not serve list resources or actions")
	}
	return &served{everything: printable{inner}, afterwards: p.afterwards, progress: p.progress, notGenerated: map[string][]string{
		"prefect_flow":     flow.NotGenerated(),
		"prefect_flow_run": flowrun.NotGenerated(),
	}}, nil
}

// Finish implements Server.
func (s *served) Finish() { s.afterwards.Finish() }

// GetProviderSchema declares that the provider generates configuration. The framework implements that but
// does not declare it, so Terraform would generate it itself.
func (s *served) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := s.everything.GetProviderSchema(ctx, req)
	if err == nil && resp.ServerCapabilities != nil {
		resp.ServerCapabilities.GenerateResourceConfig = true
	}
	if err == nil {
		allowEphemeral(resp.ActionSchemas["prefect_flow_run"], flowrun.WriteOnlyActionInputs())
	}
	return resp, err //nolint:wrapcheck // the framework's answer
}

// GetMetadata declares the same.
func (s *served) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	resp, err := s.everything.GetMetadata(ctx, req)
	if err == nil && resp.ServerCapabilities != nil {
		resp.ServerCapabilities.GenerateResourceConfig = true
	}
	return resp, err //nolint:wrapcheck // the framework's answer
}

// GenerateResourceConfig returns the configuration that `terraform query` and `terraform plan` with
// `-generate-config-out` write for an existing object. The framework copies every argument from the state,
// including conflicting and redundant ones.
func (s *served) GenerateResourceConfig(
	ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest,
) (*tfprotov6.GenerateResourceConfigResponse, error) {
	resp, err := s.everything.GenerateResourceConfig(ctx, req)
	names := s.notGenerated[req.TypeName]
	if err != nil || resp.Config == nil || len(names) == 0 {
		return resp, err //nolint:wrapcheck // the framework's answer
	}
	schemas, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err //nolint:wrapcheck // the framework's answer
	}
	resp.Config, err = without(resp.Config, schemas.ResourceSchemas[req.TypeName].ValueType(), names)
	if err != nil {
		return nil, fmt.Errorf("generate the configuration of a %s: %w", req.TypeName, err)
	}
	return resp, nil
}

// without returns the object with some attributes set to null.
func without(config *tfprotov6.DynamicValue, kind tftypes.Type, names []string) (*tfprotov6.DynamicValue, error) {
	object, err := config.Unmarshal(kind)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if object.IsNull() { // the object was listed without its attributes
		return config, nil
	}
	attributes := map[string]tftypes.Value{}
	if err = object.As(&attributes); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	for _, name := range names {
		attributes[name] = tftypes.NewValue(attributes[name].Type(), nil)
	}
	left, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, attributes))
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return &left, nil
}
