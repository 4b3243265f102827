package provider

import (
	"context"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// proceeds records the success of an operation on a resource, for those that wait for others. A refusal is none: operations
// that all wait for each other would be refused one after the other, and not together.
func proceeds[T any](p *framework.Progress, resp *T, err error) (*T, error) {
	if resp == nil || err != nil {
		return resp, err
	}
	found, _ := field[[]*tfprotov6.Diagnostic](reflect.ValueOf(resp).Elem(), "Diagnostics")
	if !slices.ContainsFunc(found, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
		p.Made()
	}
	return resp, nil
}

// ReadResource records that it has read.
func (s *served) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := s.everything.ReadResource(ctx, req)
	return proceeds(s.progress, resp, err)
}

// PlanResourceChange records that it has planned.
func (s *served) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := s.everything.PlanResourceChange(ctx, req)
	return proceeds(s.progress, resp, err)
}

// ApplyResourceChange records that it has applied.
func (s *served) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := s.everything.ApplyResourceChange(ctx, req)
	return proceeds(s.progress, resp, err)
}
