package provider

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// fakeFramework is a provider with one action, which is told to stop and then
// takes a while.
type fakeFramework struct {
	everything
	invalid []*tfprotov6.Diagnostic
	stopped chan struct{}
	takes   time.Duration
	called  []string
}

func (f *fakeFramework) ValidateActionConfig(context.Context, *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return &tfprotov6.ValidateActionConfigResponse{Diagnostics: slices.Clone(f.invalid)}, nil
}

func (f *fakeFramework) PlanAction(context.Context, *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	f.called = append(f.called, "plan")
	return &tfprotov6.PlanActionResponse{}, nil
}

func (f *fakeFramework) InvokeAction(context.Context, *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	f.called = append(f.called, "invoke")
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		if f.stopped != nil {
			<-f.stopped
			time.Sleep(f.takes)
		}
		push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{}})
	}}, nil
}

func (f *fakeFramework) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	close(f.stopped)
	return &tfprotov6.StopProviderResponse{}, nil
}

// TestActionsAreValidatedWithTheirValues has a configuration that is found to be
// wrong after Terraform's own validation.
func TestActionsAreValidatedWithTheirValues(t *testing.T) {
	t.Parallel()
	warning := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "odd"}
	wrong := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: "wrong"}
	for name, test := range map[string]struct {
		invalid []*tfprotov6.Diagnostic
		refused bool
	}{
		"valid":   {},
		"warning": {invalid: []*tfprotov6.Diagnostic{warning}},
		"error":   {invalid: []*tfprotov6.Diagnostic{warning, wrong}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeFramework{invalid: test.invalid}
			s := &served{everything: f}
			planned, err := s.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{})
			if err != nil {
				t.Fatal(err)
			}
			stream, err := s.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{})
			if err != nil {
				t.Fatal(err)
			}
			invoked := completed(t, stream)
			refused := func(found []*tfprotov6.Diagnostic) bool { return len(found) == 1 && found[0] == wrong }
			if refused(planned.Diagnostics) != test.refused || refused(invoked) != test.refused || (len(f.called) == 0) != test.refused {
				t.Errorf("planned %v, invoked %v, called %v", planned.Diagnostics, invoked, f.called)
			}
		})
	}
}

// completed are the diagnostics with which an action ended.
func completed(t *testing.T, stream *tfprotov6.InvokeActionServerStream) []*tfprotov6.Diagnostic {
	t.Helper()
	for event := range stream.Events {
		if end, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType); ok {
			return end.Diagnostics
		}
	}
	t.Fatal("the action did not end")
	return nil
}

// TestStopWaitsForActions stops a provider while it invokes an action.
func TestStopWaitsForActions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ takes, waits time.Duration }{
		"ends":       {time.Second, time.Second},
		"never ends": {time.Hour, stopPatience},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &served{everything: &fakeFramework{stopped: make(chan struct{}), takes: test.takes}}
				stream, err := s.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{})
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for range stream.Events {
					}
				}()
				synctest.Wait()
				begun := time.Now()
				if _, err = s.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(begun); waited != test.waits {
					t.Errorf("waited %s", waited)
				}
				<-ended
			})
		})
	}
}
