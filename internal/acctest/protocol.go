package acctest

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Conversation is a provider driven over the plugin protocol, for tests of what Terraform's test library does not
// show, such as warnings.
type Conversation struct {
	t       *testing.T
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// Object is a value in HCL's terms: strings, numbers, booleans, []any and Object.
type Object = map[string]any

// Converse makes a provider and configures it. Attributes that are left out are
// null.
func Converse(t *testing.T, config Object) *Conversation {
	t.Helper()
	c := &Conversation{t: t, server: serve(t)}
	var err error
	if c.schemas, err = c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	resp, err := c.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: c.dynamic(c.schemas.Provider.ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := describe(resp.Diagnostics); text != "" {
		t.Fatal(text)
	}
	return c
}

// Created is a resource that a conversation created.
type Created struct {
	*Conversation
	name    string
	state   *tfprotov6.DynamicValue
	private []byte
}

// Create plans and applies a new resource, and returns the texts of all warnings
// and errors.
func (c *Conversation) Create(name string, config Object) (created *Created, warnings, failures string) {
	c.t.Helper()
	schema := c.schemas.ResourceSchemas[name]
	if schema == nil {
		c.t.Fatalf("there is no resource %s", name)
	}
	given := c.dynamic(schema.ValueType(), config)
	plan, err := c.server.PlanResourceChange(c.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: name, PriorState: c.dynamic(schema.ValueType(), nil), ProposedNewState: given, Config: given,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if warnings, failures = sorted(plan.Diagnostics); failures != "" {
		return nil, warnings, failures
	}
	applied, err := c.server.ApplyResourceChange(c.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: name, PriorState: c.dynamic(schema.ValueType(), nil), PlannedState: plan.PlannedState, Config: given,
		PlannedPrivate: plan.PlannedPrivate, PlannedIdentity: plan.PlannedIdentity,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	more, failures := sorted(applied.Diagnostics)
	return &Created{c, name, applied.NewState, applied.Private}, warnings + more, failures
}

// Destroy plans and applies the destruction of the resource in a new conversation, as another run of Terraform would.
func (r *Created) Destroy(in *Conversation) (warnings, failures string) {
	r.t.Helper()
	schema := r.schemas.ResourceSchemas[r.name]
	nothing := r.dynamic(schema.ValueType(), nil)
	plan, err := in.server.PlanResourceChange(r.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.name, PriorState: r.state, ProposedNewState: nothing, Config: nothing, PriorPrivate: r.private,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if warnings, failures = sorted(plan.Diagnostics); failures != "" {
		return warnings, failures
	}
	applied, err := in.server.ApplyResourceChange(r.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.name, PriorState: r.state, PlannedState: nothing, Config: nothing, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	more, failures := sorted(applied.Diagnostics)
	return warnings + more, failures
}

// sorted separates warnings from errors.
func sorted(diagnostics []*tfprotov6.Diagnostic) (warnings, failures string) {
	var w, f []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			f = append(f, d)
		} else {
			w = append(w, d)
		}
	}
	return describe(w), describe(f)
}

func (c *Conversation) dynamic(kind tftypes.Type, object Object) *tfprotov6.DynamicValue {
	c.t.Helper()
	var given any
	if object != nil {
		given = object
	}
	value, err := valueOf(kind, given)
	if err != nil {
		c.t.Fatal(err)
	}
	dynamic, err := tfprotov6.NewDynamicValue(kind, value)
	if err != nil {
		c.t.Fatal(err)
	}
	return &dynamic
}

// valueOf makes a value of a type, with nulls for what an object does not give.
func valueOf(kind tftypes.Type, given any) (tftypes.Value, error) {
	if given == nil {
		return tftypes.NewValue(kind, nil), nil
	}
	switch kind := kind.(type) {
	case tftypes.Object:
		object, ok := given.(Object)
		if !ok {
			return tftypes.Value{}, fmt.Errorf("%T is not an object", given)
		}
		values := map[string]tftypes.Value{}
		for name, attribute := range kind.AttributeTypes {
			value, err := valueOf(attribute, object[name])
			if err != nil {
				return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
			}
			values[name] = value
		}
		for name := range object {
			if _, known := values[name]; !known {
				return tftypes.Value{}, fmt.Errorf("there is no attribute %s", name)
			}
		}
		return tftypes.NewValue(kind, values), nil
	case tftypes.List:
		return elementsOf(kind, kind.ElementType, given)
	case tftypes.Set:
		return elementsOf(kind, kind.ElementType, given)
	default:
		if err := tftypes.ValidateValue(kind, given); err != nil {
			return tftypes.Value{}, fmt.Errorf("value: %w", err)
		}
		return tftypes.NewValue(kind, given), nil
	}
}

func elementsOf(kind, element tftypes.Type, given any) (tftypes.Value, error) {
	list, ok := given.([]any)
	if !ok {
		return tftypes.Value{}, fmt.Errorf("%T is not a list", given)
	}
	values := make([]tftypes.Value, 0, len(list))
	for _, one := range list {
		value, err := valueOf(element, one)
		if err != nil {
			return tftypes.Value{}, err
		}
		values = append(values, value)
	}
	return tftypes.NewValue(kind, values), nil
}
