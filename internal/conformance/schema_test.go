package conformance_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	prefectprovider "github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

var updateSchema = flag.Bool("update-schema", false, "rewrite the recorded schema")

// recordedSchema is what users have built upon.
const recordedSchema = "testdata/schema.txt"

// TestSchema fails when anything that configurations and states rely on
// changes: an attribute, its type, its default, how a change is planned.
// Descriptions may change freely.
func TestSchema(t *testing.T) {
	t.Parallel()
	got := describeProvider(t)
	if *updateSchema {
		if err := os.WriteFile(recordedSchema, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(recordedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the schema is not the recorded one. If that is meant, run `make snapshot`, say in CHANGELOG.md what users "+
			"have to do, and see that existing states can still be read (-recorded, +now):\n%s", diff)
	}
}

// TestSchemaSeesChanges checks that each property which matters is in the record.
func TestSchemaSeesChanges(t *testing.T) {
	t.Parallel()
	got := describeProvider(t)
	for _, want := range []string{
		"\nresource prefect_project (version ", "\n  name: string, required\n", "\n  force_destroy: bool, optional, computed, default false\n",
		", replaces\n", ", kept\n", ", sensitive", "\n  identity: ", "\nfunction flow_key(", "\naction prefect_flow_run", "\nlist prefect_flow\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the description of the schema has no %q", want)
		}
	}
}

// description collects lines.
type description struct {
	t   *testing.T
	out strings.Builder
}

func (d *description) line(format string, arguments ...any) {
	fmt.Fprintf(&d.out, format+"\n", arguments...)
}

func describeProvider(t *testing.T) string {
	t.Helper()
	d := &description{t: t}
	ctx := t.Context()
	p := prefectprovider.New("test")()
	var own provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &own)
	d.line("provider prefect")
	d.attributes(ctx, "  ", own.Schema.Attributes)
	d.resources(ctx, p)
	d.dataSources(ctx, p)
	if with, ok := p.(provider.ProviderWithListResources); ok {
		d.lists(ctx, with)
	}
	if with, ok := p.(provider.ProviderWithEphemeralResources); ok {
		d.ephemerals(ctx, with)
	}
	if with, ok := p.(provider.ProviderWithActions); ok {
		d.actions(ctx, with)
	}
	if with, ok := p.(provider.ProviderWithFunctions); ok {
		d.functions(ctx, with)
	}
	return d.out.String()
}

// each calls describe for every thing that is served, in the order of its name.
func each[T any](constructors []func() T, name func(T) string, describe func(name string, thing T)) {
	things := map[string]T{}
	for _, construct := range constructors {
		thing := construct()
		things[name(thing)] = thing
	}
	for _, name := range slices.Sorted(maps.Keys(things)) {
		describe(name, things[name])
	}
}

func (d *description) resources(ctx context.Context, p provider.Provider) {
	each(p.Resources(ctx), func(r resource.Resource) string {
		var resp resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "prefect"}, &resp)
		return resp.TypeName
	}, func(name string, r resource.Resource) {
		var resp resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &resp)
		d.line("\nresource %s (version %d)", name, resp.Schema.Version)
		if with, ok := r.(resource.ResourceWithIdentity); ok {
			var identity resource.IdentitySchemaResponse
			with.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
			d.line("  identity: version %d", identity.IdentitySchema.Version)
			for _, name := range slices.Sorted(maps.Keys(identity.IdentitySchema.Attributes)) {
				d.line("    %s: %s%s", name, d.typeName(ctx, identity.IdentitySchema.Attributes[name].GetType()),
					flags(identity.IdentitySchema.Attributes[name], "RequiredForImport", "OptionalForImport"))
			}
		}
		if _, plans := r.(resource.ResourceWithModifyPlan); plans {
			d.line("  plan: also decided in code")
		}
		d.attributes(ctx, "  ", resp.Schema.Attributes)
	})
}

func (d *description) dataSources(ctx context.Context, p provider.Provider) {
	named(ctx, d, "data", p.DataSources(ctx), func(s datasource.DataSource) (string, any) {
		var name datasource.MetadataResponse
		var resp datasource.SchemaResponse
		s.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "prefect"}, &name)
		s.Schema(ctx, datasource.SchemaRequest{}, &resp)
		return name.TypeName, resp.Schema.Attributes
	})
}

func (d *description) lists(ctx context.Context, p provider.ProviderWithListResources) {
	named(ctx, d, "list", p.ListResources(ctx), func(l list.ListResource) (string, any) {
		var name resource.MetadataResponse
		var resp list.ListResourceSchemaResponse
		l.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "prefect"}, &name)
		l.ListResourceConfigSchema(ctx, list.ListResourceSchemaRequest{}, &resp)
		return name.TypeName, resp.Schema.Attributes
	})
}

func (d *description) ephemerals(ctx context.Context, p provider.ProviderWithEphemeralResources) {
	named(ctx, d, "ephemeral", p.EphemeralResources(ctx), func(e ephemeral.EphemeralResource) (string, any) {
		var name ephemeral.MetadataResponse
		var resp ephemeral.SchemaResponse
		e.Metadata(ctx, ephemeral.MetadataRequest{ProviderTypeName: "prefect"}, &name)
		e.Schema(ctx, ephemeral.SchemaRequest{}, &resp)
		return name.TypeName, resp.Schema.Attributes
	})
}

func (d *description) actions(ctx context.Context, p provider.ProviderWithActions) {
	named(ctx, d, "action", p.Actions(ctx), func(a action.Action) (string, any) {
		var name action.MetadataResponse
		var resp action.SchemaResponse
		a.Metadata(ctx, action.MetadataRequest{ProviderTypeName: "prefect"}, &name)
		a.Schema(ctx, action.SchemaRequest{}, &resp)
		return name.TypeName, resp.Schema.Attributes
	})
}

// named describes things of a kind that have a name and attributes. The
// framework has types of its own for each kind.
func named[T any](ctx context.Context, d *description, kind string, constructors []func() T, ask func(T) (name string, attributes any)) {
	d.t.Helper()
	each(constructors, func(thing T) string { name, _ := ask(thing); return name }, func(name string, thing T) {
		d.line("\n%s %s", kind, name)
		_, attributes := ask(thing)
		d.attributes(ctx, "  ", attributes)
	})
}

func (d *description) functions(ctx context.Context, p provider.ProviderWithFunctions) {
	each(p.Functions(ctx), func(f function.Function) string {
		var resp function.MetadataResponse
		f.Metadata(ctx, function.MetadataRequest{}, &resp)
		return resp.Name
	}, func(name string, f function.Function) {
		var resp function.DefinitionResponse
		f.Definition(ctx, function.DefinitionRequest{}, &resp)
		var parameters []string
		for _, p := range resp.Definition.Parameters {
			parameters = append(parameters, p.GetName()+" "+d.typeName(ctx, p.GetType())+flags(p, "AllowNullValue"))
		}
		if p := resp.Definition.VariadicParameter; p != nil {
			parameters = append(parameters, p.GetName()+" "+d.typeName(ctx, p.GetType())+"...")
		}
		d.line("\nfunction %s(%s) %s", name, strings.Join(parameters, ", "), d.typeName(ctx, resp.Definition.Return.GetType()))
	})
}
