package project_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// passing are troubles after which everything must be as if nothing happened.
func passing() map[string]prefectserver.Fault {
	return map[string]prefectserver.Fault{
		"connection dropped before": {Times: 1, Drop: prefectserver.DropBefore},
		"connection dropped after":  {Times: 1, Drop: prefectserver.DropAfter},
		"busy":                      {Times: 1, Status: http.StatusServiceUnavailable, RetryAfter: "0"},
		"bad gateway":               {Times: 1, Status: http.StatusBadGateway},
		"internal error":            {Times: 1, Message: "Unable to complete operation. An internal API error occurred.", Code: "API_ERROR"},
	}
}

// TestAccProject_trouble lets each operation meet each passing trouble. There is
// never a second project, and state and Server agree.
func TestAccProject_trouble(t *testing.T) {
	t.Parallel()
	for name, fault := range passing() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			met := map[string]func() int{}
			meet := func(fields ...string) func() {
				return func() {
					for _, field := range fields {
						fault.Field = field
						met[field] = server.Server.Faults().Add(fault)
					}
				}
			}
			acctest.Run(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				CheckDestroy:             noneLeft(server),
				Steps: []resource.TestStep{
					{PreConfig: meet("create_project"), Config: config(server, `name = "one"`), Check: only(server, "one")},
					{Config: config(server, `name = "one"`), ConfigPlanChecks: nothing},
					{
						PreConfig:        meet("set_project_name", "set_project_description"),
						Config:           config(server, "name = \"two\"\n description = \"\""),
						ConfigPlanChecks: inPlace,
						Check:            resource.ComposeAggregateTestCheckFunc(only(server, "two"), onServer(server, "two", text(""))),
					},
					{
						PreConfig:        meet("delete_project"),
						Config:           config(server, "name = \"two\"\n description = \"\""),
						ConfigPlanChecks: nothing,
					},
				},
			})
			for field, count := range met {
				if count() != 1 {
					t.Errorf("%s did not meet the trouble", field)
				}
			}
		})
	}
}

// TestAccProject_lastingTrouble lets each operation fail for good: the error
// names the project, and the state is what the Server has.
func TestAccProject_lastingTrouble(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	faults := server.Server.Faults()
	fail := func(field string) func() {
		return func() {
			faults.Clear()
			faults.Add(prefectserver.Fault{Field: field, Message: "Unable to complete operation. An internal API error occurred.", Code: "API_ERROR"})
		}
	}
	block := func(lines string) string {
		return acctest.ProviderConfig(server, nil, "max_retries = 1") + fmt.Sprintf("resource \"prefect_project\" \"test\" {\n%s\n}\n", lines)
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		CheckDestroy:             noneLeft(server),
		Steps: []resource.TestStep{
			{
				PreConfig: fail("create_project"), Config: block(`name = "one"`),
				ExpectError: acctest.Recorded(),
			},
			{PreConfig: faults.Clear, Config: block(`name = "one"`), Check: only(server, "one")},
			{
				// The name changes, the description does not, and both are known.
				PreConfig: fail("set_project_description"), Config: block("name = \"two\"\n description = \"new\""),
				ExpectError: acctest.Recorded(),
			},
			{
				PreConfig: func() { faults.Clear(); server.Server.ResetRequests() },
				Config:    block("name = \"two\"\n description = \"new\""), ConfigPlanChecks: inPlace,
				Check: resource.ComposeAggregateTestCheckFunc(only(server, "two"), onServer(server, "two", text("new"))),
			},
			{
				PreConfig: func() {
					if renamed := server.Server.CountRequests("set_project_name"); renamed != 0 {
						t.Errorf("the project was renamed again, %d times", renamed)
					}
					fail("delete_project")()
				},
				Config: block("name = \"two\"\n description = \"new\""), Destroy: true,
				ExpectError: acctest.Recorded(),
			},
			{PreConfig: faults.Clear, Config: block("name = \"two\"\n description = \"new\""), ConfigPlanChecks: nothing},
		},
	})
}

// only checks that the tenant has one project, of this name.
func only(server *acctest.PrefectServer, name string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		projects, err := server.Client.ListProjects(context.Background(), prefect.ProjectFilter{})
		if err != nil {
			return err
		}
		if len(projects) != 1 || projects[0].Name != name {
			return fmt.Errorf("the tenant has the projects %v, want only %q", projects, name)
		}
		return nil
	}
}
