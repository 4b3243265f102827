package provider_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// block is a provider block with the lines given, and a project.
func block(lines string) string {
	return fmt.Sprintf("provider \"prefect\" {\n%s\n}\nresource \"prefect_project\" \"test\" {\n  name = \"etl\"\n}\n", lines)
}

func fails(t *testing.T, config string) {
	t.Helper()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: config, ExpectError: acctest.Recorded()}},
	})
}

// closedPort is a URL at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + address
}

func TestAccProvider_unreachable(t *testing.T) {
	t.Parallel()
	url := closedPort(t)
	fails(t, block(fmt.Sprintf("endpoint = %q\n max_retries = 0", url)))
}

// TestAccProvider_unreachableLater loses the Server after the apply: nothing is
// forgotten, and when it is back the plan is empty.
func TestAccProvider_unreachableLater(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	gone := *server
	gone.API = closedPort(t)
	project := "resource \"prefect_project\" \"test\" {\n  name = \"etl\"\n}\n"
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: acctest.ProviderConfig(server, nil) + project},
			{
				Config:      acctest.ProviderConfig(&gone, nil, "max_retries = 0") + project,
				ExpectError: acctest.Recorded(),
			},
			{
				Config:           acctest.ProviderConfig(server, nil) + project,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}

// TestAccProvider_wrongURL meets what people meet at a wrong URL.
func TestAccProvider_wrongURL(t *testing.T) {
	t.Parallel()
	page := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"the UI, which answers every path with its page": page(http.StatusOK, "text/html", "<!DOCTYPE html><html><title>Prefect</title></html>"),
		"the UI, which refuses a POST":                   page(http.StatusMethodNotAllowed, "text/html", "<html><h1>405 Not Allowed</h1><hr>nginx</html>"),
		"a web server without such a path":               page(http.StatusNotFound, "text/html", "<html>404</html>"),
		"JSON that is not GraphQL":                       page(http.StatusOK, "application/json", `{"detail": "welcome"}`),
		"a newer Prefect":                                page(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`),
		"another GraphQL API":                            page(http.StatusBadRequest, "application/json", `{"errors":[{"message":"Cannot query field \"tenant\" on type \"Query\".","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := httptest.NewServer(handler)
			t.Cleanup(web.Close)
			fails(t, block(fmt.Sprintf("endpoint = %q", web.URL)))
		})
	}
}

// TestAccProvider_gateway meets a gateway that wants credentials.
func TestAccProvider_gateway(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	handler := server.Server.Handler()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, basic := r.BasicAuth()
		switch {
		case r.Header.Get("Authorization") == "Bearer the-key", basic && user == "me" && password == "the-password", r.Header.Get("X-Gate") == "the-header":
			handler.ServeHTTP(w, r)
		default:
			http.Error(w, "who are you?", http.StatusUnauthorized)
		}
	}))
	t.Cleanup(gateway.Close)
	with := func(lines string) string {
		return block(fmt.Sprintf("endpoint = %q\n tenant = %q\n %s", gateway.URL, server.TenantID, lines))
	}
	refused := acctest.Recorded()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: with(""), ExpectError: refused},
			{Config: with(`api_key = "wrong"`), ExpectError: refused},
			{Config: with(`api_key = "the-key"`)},
			{Config: with("basic_auth = {\n username = \"me\"\n password = \"the-password\"\n}")},
			{Config: with(`headers = { "X-Gate" = "the-header" }`)},
		},
	})
}

func TestAccProvider_wrongTenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	fails(t, block(fmt.Sprintf("endpoint = %q\n tenant = \"no-such-tenant\"", server.API)))
}

func TestAccProvider_noTenant(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	fails(t, block(fmt.Sprintf("endpoint = %q", server.API)))
}

// TestAccProvider_severalTenants names the tenants, of which one must be chosen,
// and works with slug and id of the choice.
func TestAccProvider_severalTenants(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	var id string
	for _, slug := range []string{"production", "staging"} {
		created, err := server.Client.CreateTenant(t.Context(), slug, slug)
		if err != nil {
			t.Fatal(err)
		}
		id = created
	}
	in := func(tenant string) resource.TestStep {
		return resource.TestStep{
			Config: block(fmt.Sprintf("endpoint = %q\n tenant = %q", server.API, tenant)),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("prefect_project.test", tfjsonpath.New("tenant_id"), knownvalue.StringExact(id)),
			},
		}
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:      block(fmt.Sprintf("endpoint = %q", server.API)),
				ExpectError: acctest.Recorded(),
			},
			in("staging"),
			in(id),
		},
	})
}

// TestAccProvider_unknownEndpoint plans before the Server's address is known,
// and applies in one go.
func TestAccProvider_unknownEndpoint(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	late := func(more string) string {
		return fmt.Sprintf(`
resource "terraform_data" "server" {
  input = { endpoint = %q, tenant = %q }
}
provider "prefect" {
  endpoint = terraform_data.server.output.endpoint
  tenant   = terraform_data.server.output.tenant
}
resource "prefect_project" "test" {
  name = "late"
}
%s`, server.API, server.TenantID, more)
	}
	found := func(depends string) string {
		return fmt.Sprintf("data \"prefect_project\" \"test\" {\n  name = \"late\"\n %s\n}\n", depends)
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:      late(found("")),
				ExpectError: acctest.Recorded(),
			},
			{
				Config: late(found("depends_on = [prefect_project.test]")),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("prefect_project.test", plancheck.ResourceActionCreate),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.prefect_project.test", tfjsonpath.New("tenant_id"), knownvalue.StringExact(server.TenantID)),
				},
			},
		},
	})
}

// TestAccProvider_badInput lists what is refused before anything is sent.
func TestAccProvider_badInput(t *testing.T) {
	t.Parallel()
	refused := []string{
		`endpoint = "localhost:4200"`,
		`endpoint = ""`,
		`endpoint = "ftp://example"`,
		`tenant = " "`,
		`api_key = ""`,
		"api_key = \"k\"\n basic_auth = { username = \"me\", password = \"p\" }",
		`basic_auth = { username = "", password = "p" }`,
		`client_certificate = "pem"`,
		`client_key = "pem"`,
		`request_timeout = "30"`,
		`ready_timeout = "-1s"`,
		`max_retries = -1`,
		`proxy_url = "proxy"`,
		`kubernetes = { config_path = "a", config_paths = ["b"] }`,
		`kubernetes = { exec = { api_version = "v1", command = "aws" } }`,
		`kubernetes = { client_key = "pem" }`,
	}
	// Terraform itself refuses these, in words that differ between its versions.
	byTerraform := map[string]string{
		`basic_auth = { username = "me" }`:            `attribute "password" is required`,
		`kubernetes = { exec = { command = "aws" } }`: `attribute "api_version" is required`,
		`port = 4200`: "Unsupported argument",
	}
	steps := make([]resource.TestStep, 0, len(refused))
	for _, lines := range refused {
		steps = append(steps, resource.TestStep{Config: block(lines), PlanOnly: true, ExpectError: acctest.Recorded(lines)})
	}
	for lines, want := range byTerraform {
		steps = append(steps, resource.TestStep{Config: block(lines), PlanOnly: true, ExpectError: acctest.Says(want)})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
