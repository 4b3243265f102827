package acctest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Session is a conversation with the provider over the plugin protocol, in this process and without Terraform. Tests
// use it for diagnostics in their original form rather than as Terraform's command line prints them, for measuring
// time, and for features that the installed Terraform is too old for.
type Session struct {
	// Between is called between every plan and its apply, if it is not nil.
	Between func()

	t       testing.TB
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// Diagnostic is what a user reads.
type Diagnostic struct {
	Warning         bool
	Summary, Detail string
	// Path is the attribute that is to blame, such as schedule.clocks[0].cron;
	// "" if none is.
	Path string
}

// Applied is the result of applying a resource.
type Applied struct {
	// State is the resource's state as JSON would have it: objects are maps,
	// sets and lists are slices, numbers are float64. It is nil if there is none.
	State       map[string]any
	Diagnostics []Diagnostic

	kind     string
	raw      *tfprotov6.DynamicValue
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// Connect makes a provider that is configured for the Server and, if it is not
// nil, the cluster.
func Connect(t testing.TB, server *PrefectServer, cluster *KubernetesCluster) *Session {
	t.Helper()
	s := &Session{t: t, server: serve(t)}
	var err error
	s.schemas, err = s.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	s.check(err)
	config := map[string]any{"endpoint": server.API}
	if server.TenantID != "" {
		config["tenant"] = server.TenantID
	}
	if cluster != nil {
		config["kubernetes"] = map[string]any{"config_path": cluster.Kubeconfig, "namespace": cluster.Namespace}
		if cluster.Others != nil {
			config["kubernetes"] = map[string]any{"config_path": cluster.Kubeconfig, "namespace": cluster.Namespace, "namespaces": cluster.Others}
		}
	}
	configured, err := s.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: s.value(s.schemas.Provider, config),
	})
	s.check(err)
	if found := diagnostics(configured.Diagnostics); len(found) > 0 {
		t.Fatalf("configure the provider: %+v", found)
	}
	return s
}

func (s *Session) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Create plans and creates a resource. What config leaves out is null.
func (s *Session) Create(kind string, config map[string]any) Applied {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[kind]
	given := s.value(schema, config)
	valid, err := s.server.ValidateResourceConfig(s.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: kind, Config: given, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	s.check(err)
	if found := diagnostics(valid.Diagnostics); failed(found) {
		return Applied{Diagnostics: found}
	}
	return s.apply(Applied{kind: kind, raw: s.nothing(schema)}, given, s.proposed(schema, config))
}

// Destroy destroys what Create made.
func (s *Session) Destroy(a Applied) []Diagnostic {
	s.t.Helper()
	return s.TryDestroy(a).Diagnostics
}

// TryDestroy is Destroy for one that may fail. It returns what is left in the state.
func (s *Session) TryDestroy(a Applied) Applied {
	s.t.Helper()
	nothing := s.nothing(s.schemas.ResourceSchemas[a.kind])
	return s.apply(a, nothing, nothing)
}

// Refresh reads what Create made.
func (s *Session) Refresh(a Applied) Applied {
	s.t.Helper()
	read, err := s.server.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: a.kind, CurrentState: a.raw, Private: a.private, CurrentIdentity: a.identity,
	})
	s.check(err)
	return Applied{
		State: s.decode(s.schemas.ResourceSchemas[a.kind], read.NewState), Diagnostics: diagnostics(read.Diagnostics),
		kind: a.kind, raw: read.NewState, private: read.Private, identity: read.NewIdentity,
	}
}

// apply plans the change from a state to a configuration and makes it. The
// context lasts longer than the test, so that clean-ups can use it.
func (s *Session) apply(from Applied, config, proposed *tfprotov6.DynamicValue) Applied {
	s.t.Helper()
	ctx := context.WithoutCancel(s.t.Context())
	planned, err := s.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: from.kind, PriorState: from.raw, ProposedNewState: proposed, Config: config, PriorPrivate: from.private,
		PriorIdentity: from.identity,
	})
	s.check(err)
	found := diagnostics(planned.Diagnostics)
	if failed(found) {
		return Applied{Diagnostics: found}
	}
	if s.Between != nil {
		s.Between()
	}
	applied, err := s.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: from.kind, PriorState: from.raw, PlannedState: planned.PlannedState, Config: config, PlannedPrivate: planned.PlannedPrivate,
		PlannedIdentity: planned.PlannedIdentity,
	})
	s.check(err)
	return Applied{
		State: s.decode(s.schemas.ResourceSchemas[from.kind], applied.NewState), Diagnostics: append(found, diagnostics(applied.Diagnostics)...),
		kind: from.kind, raw: applied.NewState, private: applied.Private, identity: applied.NewIdentity,
	}
}

// Invoke plans and invokes an action. progress is called with each message as it
// comes.
func (s *Session) Invoke(kind string, config map[string]any, progress func(message string)) []Diagnostic {
	s.t.Helper()
	actions, ok := s.server.(tfprotov6.ActionServer)
	schema := s.schemas.ActionSchemas[kind]
	if !ok || schema == nil {
		s.t.Fatalf("the provider has no action %s", kind)
	}
	found := s.PlanAction(kind, config)
	if failed(found) {
		return found
	}
	given := s.value(schema.Schema, config)
	stream, err := actions.InvokeAction(s.t.Context(), &tfprotov6.InvokeActionRequest{ActionType: kind, Config: given})
	s.check(err)
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			if progress != nil {
				progress(e.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			found = append(found, diagnostics(e.Diagnostics)...)
		}
	}
	return found
}

// PlanAction validates and plans an action.
func (s *Session) PlanAction(kind string, config map[string]any) []Diagnostic {
	s.t.Helper()
	actions, ok := s.server.(tfprotov6.ActionServer)
	schema := s.schemas.ActionSchemas[kind]
	if !ok || schema == nil {
		s.t.Fatalf("the provider has no action %s", kind)
	}
	given := s.value(schema.Schema, config)
	valid, err := actions.ValidateActionConfig(s.t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: given})
	s.check(err)
	found := diagnostics(valid.Diagnostics)
	if failed(found) {
		return found
	}
	planned, err := actions.PlanAction(s.t.Context(), &tfprotov6.PlanActionRequest{ActionType: kind, Config: given})
	s.check(err)
	return append(found, diagnostics(planned.Diagnostics)...)
}

func diagnostics(list []*tfprotov6.Diagnostic) []Diagnostic {
	found := make([]Diagnostic, 0, len(list))
	for _, d := range list {
		found = append(found, Diagnostic{Warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary, Detail: d.Detail, Path: attributePath(d.Attribute)})
	}
	return found
}

func failed(list []Diagnostic) bool {
	for _, d := range list {
		if !d.Warning {
			return true
		}
	}
	return false
}

// nothing is the null value of a schema.
func (s *Session) nothing(schema *tfprotov6.Schema) *tfprotov6.DynamicValue {
	s.t.Helper()
	value, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	s.check(err)
	return &value
}

// value is a configuration.
func (s *Session) value(schema *tfprotov6.Schema, config map[string]any) *tfprotov6.DynamicValue {
	s.t.Helper()
	value, err := tfprotov6.NewDynamicValue(schema.ValueType(), s.convert(schema.ValueType(), config))
	s.check(err)
	return &value
}

// proposed is a configuration in which computed attributes that were left out
// are unknown, as Terraform proposes it for a creation.
func (s *Session) proposed(schema *tfprotov6.Schema, config map[string]any) *tfprotov6.DynamicValue {
	s.t.Helper()
	var attributes map[string]tftypes.Value
	s.check(s.convert(schema.ValueType(), config).As(&attributes))
	for _, a := range schema.Block.Attributes {
		if _, given := config[a.Name]; a.Computed && !given {
			attributes[a.Name] = tftypes.NewValue(attributes[a.Name].Type(), tftypes.UnknownValue)
		}
	}
	value, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), attributes))
	s.check(err)
	return &value
}

// convert gives a Go value the form of a type; attributes that an object lacks are null.
func (s *Session) convert(kind tftypes.Type, value any) tftypes.Value {
	s.t.Helper()
	if value == nil {
		return tftypes.NewValue(kind, nil)
	}
	elements := func(of tftypes.Type) []tftypes.Value {
		var list []tftypes.Value
		switch v := value.(type) {
		case []string:
			for _, e := range v {
				list = append(list, s.convert(of, e))
			}
		case []any:
			for _, e := range v {
				list = append(list, s.convert(of, e))
			}
		default:
			s.t.Fatalf("%T is no list", value)
		}
		return list
	}
	switch k := kind.(type) {
	case tftypes.Object:
		given, _ := value.(map[string]any)
		attributes := map[string]tftypes.Value{}
		for name, of := range k.AttributeTypes {
			attributes[name] = s.convert(of, given[name])
		}
		for name := range given {
			if _, has := attributes[name]; !has {
				s.t.Fatalf("there is no attribute %q", name)
			}
		}
		return tftypes.NewValue(kind, attributes)
	case tftypes.Map:
		given, _ := value.(map[string]any)
		entries := map[string]tftypes.Value{}
		for name, e := range given {
			entries[name] = s.convert(k.ElementType, e)
		}
		return tftypes.NewValue(kind, entries)
	case tftypes.List:
		return tftypes.NewValue(kind, elements(k.ElementType))
	case tftypes.Set:
		return tftypes.NewValue(kind, elements(k.ElementType))
	default:
		if number, ok := value.(*big.Float); ok && kind.Is(tftypes.String) {
			value = number.Text('g', -1) // as Terraform converts it
		}
		return tftypes.NewValue(kind, value)
	}
}

// decode is the opposite of value.
func (s *Session) decode(schema *tfprotov6.Schema, raw *tfprotov6.DynamicValue) map[string]any {
	s.t.Helper()
	if raw == nil {
		return nil
	}
	value, err := raw.Unmarshal(schema.ValueType())
	s.check(err)
	object, _ := s.plain(value).(map[string]any)
	return object
}

func (s *Session) plain(value tftypes.Value) any {
	s.t.Helper()
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	switch kind := value.Type(); {
	case kind.Is(tftypes.String):
		var text string
		s.check(value.As(&text))
		return text
	case kind.Is(tftypes.Bool):
		var is bool
		s.check(value.As(&is))
		return is
	case kind.Is(tftypes.Number):
		number := new(big.Float)
		s.check(value.As(&number))
		float, _ := number.Float64()
		return float
	case kind.Is(tftypes.List{}), kind.Is(tftypes.Set{}), kind.Is(tftypes.Tuple{}):
		var list []tftypes.Value
		s.check(value.As(&list))
		all := make([]any, 0, len(list))
		for _, e := range list {
			all = append(all, s.plain(e))
		}
		return all
	default:
		entries := map[string]tftypes.Value{}
		s.check(value.As(&entries))
		all := map[string]any{}
		for name, e := range entries {
			all[name] = s.plain(e)
		}
		return all
	}
}

// At follows names of attributes and positions in lists into a state:
// At("job", "pods", 0, "phase"). It is nil where there is nothing.
func (a Applied) At(steps ...any) any {
	var current any = a.State
	for _, step := range steps {
		switch at := step.(type) {
		case string:
			object, _ := current.(map[string]any)
			current = object[at]
		case int:
			list, _ := current.([]any)
			if at >= len(list) {
				return nil
			}
			current = list[at]
		}
	}
	return current
}

// Private is what the provider keeps under a key beside the resource's state; "" if there is nothing.
func (a Applied) Private(key string) string {
	var kept map[string][]byte
	if json.Unmarshal(a.private, &kept) != nil {
		return ""
	}
	return string(kept[key])
}

// String shows diagnostics as a user would read them.
func (a Applied) String() string {
	var b strings.Builder
	for _, d := range a.Diagnostics {
		severity := "Error"
		if d.Warning {
			severity = "Warning"
		}
		fmt.Fprintf(&b, "%s: %s\n\n%s\n", severity, d.Summary, d.Detail)
	}
	if state, err := json.MarshalIndent(a.State, "", "  "); err == nil && len(a.Diagnostics) == 0 {
		b.Write(state)
	}
	return b.String()
}
