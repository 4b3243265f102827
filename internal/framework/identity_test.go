package framework_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

const someID = "5a4b3c2d-0000-4000-8000-00000000abcd"

func identity(t *testing.T) *tfsdk.ResourceIdentity {
	t.Helper()
	schema := framework.IdentitySchema("thing")
	return &tfsdk.ResourceIdentity{Schema: schema, Raw: tftypes.NewValue(schema.Type().TerraformType(t.Context()), nil)}
}

func TestParseImport(t *testing.T) {
	t.Parallel()
	byIdentity := identity(t)
	if diags := framework.SetIdentity(t.Context(), byIdentity, someID); diags.HasError() {
		t.Fatal(diags)
	}
	for name, test := range map[string]struct {
		request   resource.ImportStateRequest
		parts     int
		want      framework.ImportKey
		wantError bool
	}{
		"by UUID":                {request: resource.ImportStateRequest{ID: someID}, parts: 2, want: framework.ImportKey{ID: someID}},
		"by UUID in upper case":  {request: resource.ImportStateRequest{ID: "5A4B3C2D-0000-4000-8000-00000000ABCD"}, parts: 2, want: framework.ImportKey{ID: someID}},
		"by name":                {request: resource.ImportStateRequest{ID: "etl"}, parts: 2, want: framework.ImportKey{Path: []string{"etl"}}},
		"by path":                {request: resource.ImportStateRequest{ID: "team/etl"}, parts: 2, want: framework.ImportKey{Path: []string{"team", "etl"}}},
		"rest belongs to last":   {request: resource.ImportStateRequest{ID: "team/a/b"}, parts: 2, want: framework.ImportKey{Path: []string{"team", "a/b"}}},
		"one part keeps slashes": {request: resource.ImportStateRequest{ID: "a/b"}, parts: 1, want: framework.ImportKey{Path: []string{"a/b"}}},
		"leading slash":          {request: resource.ImportStateRequest{ID: "/a/b"}, parts: 2, want: framework.ImportKey{Path: []string{"a/b"}}},
		"UUID as first part":     {request: resource.ImportStateRequest{ID: someID + "/etl"}, parts: 2, want: framework.ImportKey{Path: []string{someID, "etl"}}},
		"by identity":            {request: resource.ImportStateRequest{Identity: byIdentity}, parts: 2, want: framework.ImportKey{ID: someID}},
		"nothing":                {request: resource.ImportStateRequest{}, parts: 2, wantError: true},
		"empty part":             {request: resource.ImportStateRequest{ID: "team/ "}, parts: 2, wantError: true},
		"slash only":             {request: resource.ImportStateRequest{ID: "/"}, parts: 2, wantError: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := framework.ParseImport(t.Context(), test.request, test.parts)
			if diags.HasError() != test.wantError {
				t.Fatalf("diagnostics: %v", diags)
			}
			if !test.wantError && !cmp.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestImportKeyParts(t *testing.T) {
	t.Parallel()
	key := framework.ImportKey{Path: []string{"team", "etl"}}
	if key.Name() != "etl" || key.Parent() != "team" {
		t.Errorf("got %q in %q", key.Name(), key.Parent())
	}
	if key = (framework.ImportKey{ID: someID}); key.Name() != "" || key.Parent() != "" {
		t.Errorf("a key by id has the name %q in %q", key.Name(), key.Parent())
	}
}

func TestSetIdentityWithoutSchema(t *testing.T) {
	t.Parallel()
	if diags := framework.SetIdentity(t.Context(), nil, someID); len(diags) != 0 {
		t.Error(diags)
	}
}
