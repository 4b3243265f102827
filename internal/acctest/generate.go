package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Generate is the configuration that Terraform writes, from 1.14 on, for what was
// imported or listed; arguments that are null are left out.
func (s *Session) Generate(a Applied) (map[string]any, []Diagnostic) {
	s.t.Helper()
	if c := s.schemas.ServerCapabilities; c == nil || !c.GenerateResourceConfig {
		s.t.Fatal("Terraform does not ask this provider for configuration")
	}
	generated, err := s.server.GenerateResourceConfig(s.t.Context(), &tfprotov6.GenerateResourceConfigRequest{TypeName: a.kind, State: a.raw})
	s.check(err)
	found := diagnostics(generated.Diagnostics)
	if failed(found) {
		return nil, found
	}
	config := s.decode(s.schemas.ResourceSchemas[a.kind], generated.Config)
	for name, value := range config {
		if value == nil {
			delete(config, name)
		}
	}
	return config, found
}

// Plan validates a configuration of what exists and plans it. The state is the
// planned one.
func (s *Session) Plan(a Applied, config map[string]any) Applied {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[a.kind]
	given := s.value(schema, config)
	valid, err := s.server.ValidateResourceConfig(s.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: a.kind, Config: given, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	s.check(err)
	found := diagnostics(valid.Diagnostics)
	if failed(found) {
		return Applied{Diagnostics: found}
	}
	planned, err := s.server.PlanResourceChange(s.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: a.kind, PriorState: a.raw, ProposedNewState: s.proposedUpdate(schema, a, config), Config: given, PriorPrivate: a.private,
		PriorIdentity: a.identity,
	})
	s.check(err)
	return Applied{
		State: s.decode(schema, planned.PlannedState), Diagnostics: append(found, diagnostics(planned.Diagnostics)...), kind: a.kind,
		raw: planned.PlannedState, private: planned.PlannedPrivate, identity: planned.PlannedIdentity,
	}
}

// PlanNew validates a configuration and plans its creation, which nothing applies.
func (s *Session) PlanNew(kind string, config map[string]any) Applied {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[kind]
	given := s.value(schema, config)
	valid, err := s.server.ValidateResourceConfig(s.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: kind, Config: given, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	s.check(err)
	found := diagnostics(valid.Diagnostics)
	if failed(found) {
		return Applied{Diagnostics: found}
	}
	planned, err := s.server.PlanResourceChange(s.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: s.nothing(schema), ProposedNewState: s.proposed(schema, config), Config: given,
	})
	s.check(err)
	return Applied{State: s.decode(schema, planned.PlannedState), Diagnostics: append(found, diagnostics(planned.Diagnostics)...), kind: kind}
}

// PlanDestroy plans the destruction of what exists, which nothing applies.
func (s *Session) PlanDestroy(a Applied) []Diagnostic {
	s.t.Helper()
	nothing := s.nothing(s.schemas.ResourceSchemas[a.kind])
	planned, err := s.server.PlanResourceChange(s.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: a.kind, PriorState: a.raw, ProposedNewState: nothing, Config: nothing, PriorPrivate: a.private, PriorIdentity: a.identity,
	})
	s.check(err)
	return diagnostics(planned.Diagnostics)
}

// ApplyDestroy destroys what exists by the plan of an earlier process.
func (s *Session) ApplyDestroy(a Applied) []Diagnostic {
	s.t.Helper()
	nothing := s.nothing(s.schemas.ResourceSchemas[a.kind])
	applied, err := s.server.ApplyResourceChange(s.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: a.kind, PriorState: a.raw, PlannedState: nothing, Config: nothing, PlannedPrivate: a.private, PlannedIdentity: a.identity,
	})
	s.check(err)
	return diagnostics(applied.Diagnostics)
}
