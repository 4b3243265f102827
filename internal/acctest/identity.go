package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// identitySchema is that of a kind of resource.
func (s *Session) identitySchema(kind string) *tfprotov6.ResourceIdentitySchema {
	s.t.Helper()
	all, err := s.server.GetResourceIdentitySchemas(s.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	s.check(err)
	schema := all.IdentitySchemas[kind]
	if schema == nil {
		s.t.Fatalf("%s has no identity", kind)
	}
	return schema
}

// Identity is the identity that the provider gave a resource with the last request; nil if it gave none.
func (s *Session) Identity(a Applied) map[string]any {
	s.t.Helper()
	if a.identity == nil {
		return nil
	}
	value, err := a.identity.IdentityData.Unmarshal(s.identitySchema(a.kind).ValueType())
	s.check(err)
	identity, _ := s.plain(value).(map[string]any)
	return identity
}

// Forget returns the resource as a provider without identities would have left it in the state.
func (a Applied) Forget() Applied {
	a.identity = nil
	return a
}

// Update plans and applies another configuration of what Create made.
func (s *Session) Update(a Applied, config map[string]any) Applied {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[a.kind]
	return s.apply(a, s.value(schema, config), s.proposedUpdate(schema, a, config))
}

// proposedUpdate is a configuration in which computed attributes that were left out are those of the state, as Terraform
// proposes it for a change.
func (s *Session) proposedUpdate(schema *tfprotov6.Schema, a Applied, config map[string]any) *tfprotov6.DynamicValue {
	s.t.Helper()
	merged := map[string]any{}
	for name, value := range config {
		merged[name] = value
	}
	for _, attribute := range schema.Block.Attributes {
		if _, given := config[attribute.Name]; attribute.Computed && !given {
			merged[attribute.Name] = a.State[attribute.Name]
		}
	}
	return s.value(schema, merged)
}

// ImportByIdentity imports a resource by its identity and reads it.
func (s *Session) ImportByIdentity(kind string, identity map[string]any) Applied {
	s.t.Helper()
	schema := s.identitySchema(kind)
	given, err := tfprotov6.NewDynamicValue(schema.ValueType(), s.convert(schema.ValueType(), identity))
	s.check(err)
	imported, err := s.server.ImportResourceState(s.t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: kind, Identity: &tfprotov6.ResourceIdentityData{IdentityData: &given},
	})
	s.check(err)
	if found := diagnostics(imported.Diagnostics); failed(found) || len(imported.ImportedResources) != 1 {
		return Applied{Diagnostics: found}
	}
	one := imported.ImportedResources[0]
	return s.Refresh(Applied{kind: kind, raw: one.State, private: one.Private, identity: one.Identity})
}
