package acctest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Stages at which a configuration can fail, in their order.
const (
	AtValidate = "validate"
	AtPlan     = "plan"
	AtApply    = "apply"
)

// Outcome is the result of trying a configuration.
type Outcome struct {
	// Stage is where an error was found, "" if none was.
	Stage string
	// Diagnostics are those of that stage, or of all stages.
	Diagnostics []Diagnostic
	// State is what is left in the state; nil if nothing is.
	State map[string]any
}

// Try takes a block through validation, plan and apply, until one fails, over the plugin protocol. Running Terraform
// would take a second for each wrong input. kind is the first words of the block, such as "resource prefect_flow",
// "data prefect_agents", "list prefect_flow", "action prefect_flow_run" or "provider"; body holds its arguments in
// HCL, with the function jsonencode and no references.
//
// Reading a data source and listing count as apply, and configuring the provider
// as plan. Required arguments and types are checked by Terraform before the
// provider is asked; of these, Try notices what the provider's own schema does.
func (s *Session) Try(kind, body string) Outcome {
	s.t.Helper()
	block, name, _ := strings.Cut(kind, " ")
	config := parse(s.t, body)
	switch block {
	case "resource":
		return s.tryResource(name, config)
	case "data":
		return s.tryData(name, config)
	case "list":
		return s.tryList(name, config)
	case "action":
		return s.tryAction(name, config)
	case "import":
		return s.tryImport(name, config)
	case "provider":
		return s.tryProvider(config)
	}
	s.t.Fatalf("there is no block %q", block)
	return Outcome{}
}

func (s *Session) tryResource(name string, config map[string]any) Outcome {
	s.t.Helper()
	ctx, schema := context.WithoutCancel(s.t.Context()), s.schemas.ResourceSchemas[name]
	given := s.value(schema, config)
	valid, err := s.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: name, Config: given, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	s.check(err)
	found := diagnostics(valid.Diagnostics)
	if failed(found) {
		return Outcome{Stage: AtValidate, Diagnostics: found}
	}
	planned, err := s.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: name, PriorState: s.nothing(schema), ProposedNewState: s.proposed(schema, config), Config: given,
	})
	s.check(err)
	if found = append(found, diagnostics(planned.Diagnostics)...); failed(found) {
		return Outcome{Stage: AtPlan, Diagnostics: found}
	}
	applied, err := s.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: name, PriorState: s.nothing(schema), PlannedState: planned.PlannedState, Config: given, PlannedPrivate: planned.PlannedPrivate,
	})
	s.check(err)
	return s.ended(append(found, diagnostics(applied.Diagnostics)...), s.decode(schema, applied.NewState))
}

// ended is the outcome of the last stage.
func (s *Session) ended(found []Diagnostic, state map[string]any) Outcome {
	outcome := Outcome{Diagnostics: found, State: state}
	if failed(found) {
		outcome.Stage = AtApply
	}
	return outcome
}

func (s *Session) tryData(name string, config map[string]any) Outcome {
	s.t.Helper()
	given := s.value(s.schemas.DataSourceSchemas[name], config)
	valid, err := s.server.ValidateDataResourceConfig(s.t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: given})
	s.check(err)
	if found := diagnostics(valid.Diagnostics); failed(found) {
		return Outcome{Stage: AtValidate, Diagnostics: found}
	}
	read, err := s.server.ReadDataSource(s.t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: given})
	s.check(err)
	return s.ended(diagnostics(read.Diagnostics), nil)
}

func (s *Session) tryList(name string, config map[string]any) Outcome {
	s.t.Helper()
	lister, ok := s.server.(tfprotov6.ListResourceServer)
	if !ok {
		s.t.Fatal("the provider serves no list resources")
	}
	given := s.value(s.schemas.ListResourceSchemas[name], config)
	valid, err := lister.ValidateListResourceConfig(s.t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: given})
	s.check(err)
	if found := diagnostics(valid.Diagnostics); failed(found) {
		return Outcome{Stage: AtValidate, Diagnostics: found}
	}
	stream, err := lister.ListResource(s.t.Context(), &tfprotov6.ListResourceRequest{TypeName: name, Config: given, Limit: 1})
	s.check(err)
	var found []Diagnostic
	for result := range stream.Results {
		found = append(found, diagnostics(result.Diagnostics)...)
	}
	return s.ended(found, nil)
}

func (s *Session) tryAction(name string, config map[string]any) Outcome {
	s.t.Helper()
	actions, ok := s.server.(tfprotov6.ActionServer)
	if !ok {
		s.t.Fatal("the provider serves no actions")
	}
	given := s.value(s.schemas.ActionSchemas[name].Schema, config)
	valid, err := actions.ValidateActionConfig(s.t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: given})
	s.check(err)
	if found := diagnostics(valid.Diagnostics); failed(found) {
		return Outcome{Stage: AtValidate, Diagnostics: found}
	}
	planned, err := actions.PlanAction(s.t.Context(), &tfprotov6.PlanActionRequest{ActionType: name, Config: given})
	s.check(err)
	if found := diagnostics(planned.Diagnostics); failed(found) {
		return Outcome{Stage: AtPlan, Diagnostics: found}
	}
	return s.ended(s.Invoke(name, config, nil), nil)
}

func (s *Session) tryImport(name string, config map[string]any) Outcome {
	s.t.Helper()
	id, _ := config["id"].(string)
	imported, err := s.server.ImportResourceState(s.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
	s.check(err)
	if found := diagnostics(imported.Diagnostics); failed(found) {
		return Outcome{Stage: AtPlan, Diagnostics: found}
	}
	for _, one := range imported.ImportedResources {
		read, err := s.server.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: one.State, Private: one.Private})
		s.check(err)
		if found := diagnostics(read.Diagnostics); failed(found) {
			return Outcome{Stage: AtPlan, Diagnostics: found}
		}
	}
	return Outcome{}
}

// tryProvider configures another provider.
func (s *Session) tryProvider(config map[string]any) Outcome {
	s.t.Helper()
	server := serve(s.t)
	given := s.value(s.schemas.Provider, config)
	valid, err := server.ValidateProviderConfig(s.t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: given})
	s.check(err)
	if found := diagnostics(valid.Diagnostics); failed(found) {
		return Outcome{Stage: AtValidate, Diagnostics: found}
	}
	configured, err := server.ConfigureProvider(s.t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: given})
	s.check(err)
	if found := diagnostics(configured.Diagnostics); failed(found) {
		return Outcome{Stage: AtPlan, Diagnostics: found}
	}
	return Outcome{}
}

// Upgrade reads a state that an earlier version of the provider wrote, as JSON,
// and refreshes nothing.
func (s *Session) Upgrade(kind string, version int64, state []byte) (map[string]any, []Diagnostic) {
	s.t.Helper()
	upgraded, err := s.server.UpgradeResourceState(s.t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: kind, Version: version, RawState: &tfprotov6.RawState{JSON: state},
	})
	s.check(err)
	return s.decode(s.schemas.ResourceSchemas[kind], upgraded.UpgradedState), diagnostics(upgraded.Diagnostics)
}

// Resources are the names of all resources and the versions of their schemas.
func (s *Session) Resources() map[string]int64 {
	versions := map[string]int64{}
	for name, schema := range s.schemas.ResourceSchemas {
		versions[name] = schema.Version
	}
	return versions
}

// Served are all blocks that a configuration can have, as Try names them.
func (s *Session) Served() []string {
	served := []string{"provider"}
	for name := range s.schemas.ResourceSchemas {
		served = append(served, "resource "+name, "import "+name)
	}
	for name := range s.schemas.DataSourceSchemas {
		served = append(served, "data "+name)
	}
	for name := range s.schemas.ListResourceSchemas {
		served = append(served, "list "+name)
	}
	for name := range s.schemas.ActionSchemas {
		served = append(served, "action "+name)
	}
	slices.Sort(served)
	return served
}

// attributePath writes a path as Terraform does: schedule.clocks[0].cron.
func attributePath(path *tftypes.AttributePath) string {
	var b strings.Builder
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&b, "[%d]", int64(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		case tftypes.ElementKeyValue:
			b.WriteString("[...]") // an element of a set has no name but itself
		}
	}
	return b.String()
}

// parse evaluates the arguments of a block.
func parse(t testing.TB, body string) map[string]any {
	t.Helper()
	file, problems := hclsyntax.ParseConfig([]byte(body), "test.tf", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatalf("%s: %v", body, problems)
	}
	attributes, problems := file.Body.JustAttributes()
	if problems.HasErrors() {
		t.Fatalf("%s: %v", body, problems)
	}
	values := map[string]any{}
	for name, attribute := range attributes {
		value, problems := attribute.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}})
		if problems.HasErrors() {
			t.Fatalf("%s: %v", body, problems)
		}
		values[name] = plainValue(value)
	}
	return values
}

func plainValue(v cty.Value) any {
	switch kind := v.Type(); {
	case v.IsNull():
		return nil
	case kind == cty.String:
		return v.AsString()
	case kind == cty.Bool:
		return v.True()
	case kind == cty.Number:
		return v.AsBigFloat()
	case kind.IsObjectType():
		object := map[string]any{}
		for name, e := range v.AsValueMap() {
			object[name] = plainValue(e)
		}
		return object
	default:
		list := []any{}
		for _, e := range v.AsValueSlice() {
			list = append(list, plainValue(e))
		}
		return list
	}
}
