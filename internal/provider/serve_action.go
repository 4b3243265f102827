package provider

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// stopPatience is how long a request to stop waits for running actions. They end as soon as they are
// cancelled.
const stopPatience = 10 * time.Second

// allowEphemeral marks arguments of an action as write-only, which is how Terraform knows that ephemeral values may be given.
// The framework has the mark for actions, but then refuses every value: it takes the request for one of a Terraform that is
// too old, because the request to validate an action does not tell.
func allowEphemeral(schema *tfprotov6.ActionSchema, names []string) {
	if schema == nil {
		return
	}
	for _, attribute := range schema.Schema.Block.Attributes {
		if slices.Contains(names, attribute.Name) {
			attribute.WriteOnly = true
		}
	}
}

// PlanAction validates the configuration again. Terraform validated it before variables had values and,
// unlike for resources, does not validate it again.
func (s *served) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	found, err := s.invalid(ctx, req.ActionType, req.Config)
	if err != nil || len(found) > 0 {
		return &tfprotov6.PlanActionResponse{Diagnostics: found}, err
	}
	return s.everything.PlanAction(ctx, req) //nolint:wrapcheck // the framework's answer
}

// InvokeAction validates the configuration, of which more is known than during plan, and tracks the
// invocation until it ends.
func (s *served) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	found, err := s.invalid(ctx, req.ActionType, req.Config)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
			push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{Diagnostics: found}})
		}}, nil
	}
	stream, err := s.everything.InvokeAction(ctx, req)
	if err != nil {
		return nil, err //nolint:wrapcheck // the framework's answer
	}
	events := stream.Events
	end := s.invocations.begin()
	stream.Events = func(push func(tfprotov6.InvokeActionEvent) bool) {
		defer end()
		events(push)
	}
	return stream, nil
}

// invalid returns the errors of an action's configuration.
func (s *served) invalid(ctx context.Context, action string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
	resp, err := s.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: action, Config: config})
	if err != nil {
		return nil, err //nolint:wrapcheck // the framework's answer
	}
	return slices.DeleteFunc(resp.Diagnostics, func(d *tfprotov6.Diagnostic) bool {
		return d.Severity != tfprotov6.DiagnosticSeverityError // warnings were already shown
	}), nil
}

// StopProvider cancels everything and returns when the actions have ended. Terraform cuts the streams when it
// returns, and treats an action whose stream just ends as successful.
func (s *served) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	resp, err := s.everything.StopProvider(ctx, req)
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	s.invocations.wait(ctx)
	return resp, err //nolint:wrapcheck // the framework's answer
}

// invocations tracks the running actions.
type invocations struct {
	mu      sync.Mutex
	running map[chan struct{}]struct{}
}

func (i *invocations) begin() (end func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.running == nil {
		i.running = map[chan struct{}]struct{}{}
	}
	ended := make(chan struct{})
	i.running[ended] = struct{}{}
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.running, ended)
		close(ended)
	}
}

// wait returns when all running actions have ended, or the context has.
func (i *invocations) wait(ctx context.Context) {
	i.mu.Lock()
	all := make([]chan struct{}, 0, len(i.running))
	for ended := range i.running {
		all = append(all, ended)
	}
	i.mu.Unlock()
	for _, ended := range all {
		select {
		case <-ended:
		case <-ctx.Done():
			return
		}
	}
}
