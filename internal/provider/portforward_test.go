package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

func TestMain(m *testing.M) {
	acctest.Relay()
	os.Exit(m.Run())
}

// through is a provider block that reaches a Server behind a Service.
func through(server *acctest.PrefectServer, cluster *acctest.KubernetesCluster, forward string, lines ...string) string {
	return fmt.Sprintf("tenant = %q\n kubernetes = {\n config_path = %q\n namespace = %q\n }\n port_forward = {\n%s\n}\n%s",
		server.TenantID, cluster.Kubeconfig, cluster.Namespace, forward, strings.Join(lines, "\n"))
}

// TestAccProvider_portForward reaches a Server through the cluster's API, also
// after its pod was replaced, and says what is wrong when there is none.
func TestAccProvider_portForward(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	server := acctest.Server(t)
	exposed := acctest.Expose(t, cluster, server.API)
	pod := exposed.Start()
	service := fmt.Sprintf("service = %q\n port = 4200", exposed.Name)
	empty := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: block(through(server, cluster, service)),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("prefect_project.test", tfjsonpath.New("tenant_id"), knownvalue.StringExact(server.TenantID)),
				},
			},
			{
				PreConfig: func() {
					next := exposed.Start()
					exposed.Stop(pod)
					pod = next
				},
				Config: block(through(server, cluster, service, "max_retries = 0")), ConfigPlanChecks: empty,
			},
			{
				// The path and the host name of the endpoint stay, its port and address do not matter.
				Config:           block(through(server, cluster, service, `endpoint = "http://prefect.invalid:1/graphql"`)),
				ConfigPlanChecks: empty,
			},
			{
				Config:      block(through(server, cluster, service, `endpoint = "https://prefect.invalid"`)),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      block(through(server, cluster, `service = "missing"`)),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      block(through(server, cluster, fmt.Sprintf("service = %q\n port = \"grpc\"", exposed.Name))),
				ExpectError: acctest.Recorded(),
			},
			{
				PreConfig:   func() { exposed.Stop(pod) },
				Config:      block(through(server, cluster, service, "max_retries = 0")),
				ExpectError: acctest.Recorded(),
			},
			{
				PreConfig: func() { exposed.Start() },
				Config:    block(through(server, cluster, service)), ConfigPlanChecks: empty,
			},
		},
	})
}

// TestAccProvider_portForwardUnknown plans before the cluster is known.
func TestAccProvider_portForwardUnknown(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	server := acctest.Server(t)
	exposed := acctest.Expose(t, cluster, server.API)
	exposed.Start()
	late := fmt.Sprintf("resource \"terraform_data\" \"cluster\" {\n input = %q\n}\n", cluster.Kubeconfig)
	forward := through(server, cluster, fmt.Sprintf("service = %q\n port = \"api\"", exposed.Name))
	forward = strings.Replace(forward, fmt.Sprintf("config_path = %q", cluster.Kubeconfig), "config_path = terraform_data.cluster.output", 1)
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    []resource.TestStep{{Config: late + block(forward)}},
	})
}

// TestAccProvider_badReach lists what is refused before anything is contacted.
func TestAccProvider_badReach(t *testing.T) {
	t.Parallel()
	acctest.Server(t) // only to keep the machine's own configuration out
	azure := func(lines string) string {
		return "kubernetes = {\n host = \"https://cluster.invalid\"\n azure = {\n" + lines + "\n}\n}"
	}
	const ids = "tenant_id = \"t\"\n client_id = \"c\"\n"
	refused := []string{
		`port_forward = { service = "apollo" }`,
		"proxy_url = \"http://proxy:3128\"\n kubernetes = {}\n port_forward = { service = \"apollo\" }",
		"kubernetes = {}\n port_forward = { service = \"Apollo\" }",
		"kubernetes = {}\n port_forward = { service = \"apollo\", port = 70000 }",
		azure(ids + "client_secret = \"s\"\n use_oidc = true"),
		azure(ids + "use_msi = true\n use_cli = true"),
		azure(ids + "client_secret = \"\""),
		azure(ids + "environment = \"moon\"\n client_secret = \"s\""),
		azure("client_secret = \"s\"\n client_id = \"c\""),
		azure(ids + "use_oidc = true"),
		azure("use_cli = false"),
		"kubernetes = {\n token = \"t\"\n azure = { use_msi = true }\n}",
	}
	// Terraform itself refuses these, in words that differ between its versions.
	byTerraform := map[string][]string{
		"kubernetes = {}\n port_forward = { port = 4200 }": {`attribute "service" is required`},
	}
	steps := make([]resource.TestStep, 0, len(refused))
	for _, lines := range refused {
		steps = append(steps, resource.TestStep{Config: block(lines), PlanOnly: true, ExpectError: acctest.Recorded(lines)})
	}
	for lines, says := range byTerraform {
		steps = append(steps, resource.TestStep{Config: block(lines), PlanOnly: true, ExpectError: acctest.Says(says...)})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
