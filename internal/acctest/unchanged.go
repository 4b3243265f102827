package acctest

import (
	"bytes"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Unchanged returns what another run of Terraform asks of a provider for a
// resource whose configuration is the one that made it: it validates, refreshes
// and plans, and fails the test unless the plan leaves the resource as it is.
// The requests are made beforehand, so that a benchmark measures the provider.
func (s *Session) Unchanged(a Applied, config map[string]any) func(in *Session) {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[a.kind]
	given, proposed := s.value(schema, config), s.proposedUpdate(schema, a, config)
	return func(in *Session) {
		in.t.Helper()
		valid, err := in.server.ValidateResourceConfig(in.t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: a.kind, Config: given})
		in.check(err)
		read, err := in.server.ReadResource(in.t.Context(), &tfprotov6.ReadResourceRequest{
			TypeName: a.kind, CurrentState: a.raw, Private: a.private, CurrentIdentity: a.identity,
		})
		in.check(err)
		planned, err := in.server.PlanResourceChange(in.t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: a.kind, PriorState: read.NewState, ProposedNewState: proposed, Config: given, PriorPrivate: read.Private, PriorIdentity: read.NewIdentity,
		})
		in.check(err)
		if found := append(append(valid.Diagnostics, read.Diagnostics...), planned.Diagnostics...); len(found) > 0 {
			in.t.Errorf("%s: %+v", a.kind, diagnostics(found))
			return
		}
		if !bytes.Equal(planned.PlannedState.MsgPack, read.NewState.MsgPack) {
			in.t.Errorf("%s is planned as %v, and is %v", a.kind, in.decode(schema, planned.PlannedState), in.decode(schema, read.NewState))
		}
	}
}
