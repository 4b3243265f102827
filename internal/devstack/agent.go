package devstack

import "context"

// startAgent starts the Kubernetes agent.
func (s *Stack) startAgent(context.Context) error { return nil }
