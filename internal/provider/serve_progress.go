package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// proceeds records the success of an operation on a resource, for those that wait for others. A refusal does not count: of
// operations that all wait for each other, each refusal would make the others wait longer.
func (s *served) proceeds(found []*tfprotov6.Diagnostic) {
	if !slices.ContainsFunc(found, func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }) {
		s.progress.Made()
	}
}

// ReadResource records that it has read.
func (s *served) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := s.everything.ReadResource(ctx, req)
	if err == nil {
		s.proceeds(resp.Diagnostics)
	}
	return resp, err //nolint:wrapcheck // the framework's answer
}

// PlanResourceChange records that it has planned.
func (s *served) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := s.everything.PlanResourceChange(ctx, req)
	if err == nil {
		s.proceeds(resp.Diagnostics)
	}
	return resp, err //nolint:wrapcheck // the framework's answer
}

// ApplyResourceChange records that it has applied.
func (s *served) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := s.everything.ApplyResourceChange(ctx, req)
	if err == nil {
		s.proceeds(resp.Diagnostics)
	}
	return resp, err //nolint:wrapcheck // the framework's answer
}
