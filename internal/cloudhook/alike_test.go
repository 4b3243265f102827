package cloudhook_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// left makes a hook as an apply leaves it behind whose provider is killed before
// the Server answers.
func left(t *testing.T, server *acctest.PrefectServer, kind, name, config string) string {
	t.Helper()
	id, err := server.Client.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
		Type: kind, Name: &name, States: []string{"TIMEDOUT", "FAILED"}, Config: []byte(config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestAccCloudHook_leftBehind makes no second hook like one that exists, at plan,
// and takes it over when told to.
func TestAccCloudHook_leftBehind(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Server(t)
			id := left(t, server, k.kind, "n", k.config)
			block := func(name string) string {
				return config(server, fmt.Sprintf("name = %q", name), `states = ["Failed", "TimedOut"]`, k.block)
			}
			run(t, server,
				resource.TestStep{
					Config: block("n"), PlanOnly: true,
					ExpectError: acctest.Says("A cloud hook exactly like this one exists", "interrupted", "to = prefect_cloud_hook.", id, "different names"),
				},
				resource.TestStep{
					Config:            block("n") + fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", address, id),
					ConfigStateChecks: []statecheck.StateCheck{known("id", knownvalue.StringExact(id))},
				},
			)
		})
	}
}

// TestAccCloudHook_leftBehindUnknown finds the hook when it is created, if its
// values are not known in the plan.
func TestAccCloudHook_leftBehindUnknown(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	id := left(t, server, "WEBHOOK", "n", `{"url": "https://x/y"}`)
	block := config(server, `name = "n"`, `states = ["Failed", "TimedOut"]`, `webhook = { url = terraform_data.url.output }`) +
		"resource \"terraform_data\" \"url\" {\n  input = \"https://x/y\"\n}\n"
	run(t, server,
		resource.TestStep{Config: block, ExpectError: acctest.Recorded()},
		resource.TestStep{
			PreConfig: func() {
				if err := server.Client.DeleteCloudHook(context.Background(), id); err != nil {
					t.Error(err)
				}
			},
			Config: block,
		},
	)
}

// TestAccCloudHook_replacedAlike replaces a hook by one exactly like it.
func TestAccCloudHook_replacedAlike(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	block := func(trigger string) string {
		return config(server, `states = ["Failed"]`, `webhook = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`,
			"lifecycle {\n replace_triggered_by = [terraform_data.t]\n}") + fmt.Sprintf("resource \"terraform_data\" \"t\" {\n  input = %q\n}\n", trigger)
	}
	check := on(server, "WEBHOOK", `{"url": "https://x/s3cr3t"}`, true)
	run(t, server,
		resource.TestStep{Config: block("1")},
		resource.TestStep{Config: block("2"), Check: check},
		resource.TestStep{Config: block("2"), Taint: []string{address}, Check: check},
	)
}

// TestAccCloudHook_shifted takes the first of a list away, so that each hook
// becomes like the one that was next to it.
func TestAccCloudHook_shifted(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	block := func(paths ...string) string {
		return acctest.ProviderConfig(server, nil) + fmt.Sprintf(`
locals {
  paths = ["%s"]
}

resource "prefect_cloud_hook" "test" {
  count   = length(local.paths)
  states  = ["Failed"]
  webhook = { url = "https://x/${local.paths[count.index]}" }
}
`, strings.Join(paths, `", "`))
	}
	run(t, server, resource.TestStep{Config: block("a", "b", "c", "d")}, resource.TestStep{Config: block("b", "c", "d"), Check: hooks(server, 3)})
}

func hooks(server *acctest.PrefectServer, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		found, err := server.Client.ListCloudHooks(context.Background(), prefect.CloudHookFilter{})
		if err == nil && len(found) != want {
			err = fmt.Errorf("%d hooks, want %d", len(found), want)
		}
		return err
	}
}

// TestAccCloudHook_twins refuses two hooks that are alike, planned together or one
// after the other, but lets a resource have another name.
func TestAccCloudHook_twins(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	const body = "  states = [\"Failed\"]\n  webhook = { url = \"https://x/y\" }\n"
	one := func(address, more string) string {
		return fmt.Sprintf("resource \"prefect_cloud_hook\" %q {\n%s  %s\n}\n", address, body, more)
	}
	provider := acctest.ProviderConfig(server, nil)
	run(t, server,
		resource.TestStep{
			Config:      provider + one("test", "") + one("second", ""),
			ExpectError: acctest.Says("Two resources for one cloud hook", "different names"),
		},
		resource.TestStep{Config: provider + one("test", "")},
		resource.TestStep{Config: provider + one("test", "") + one("second", ""), ExpectError: acctest.Says("so each event would be reported twice", "different names")},
		resource.TestStep{Config: provider + one("renamed", ""), Check: hooks(server, 1)},
		resource.TestStep{Config: provider + one("renamed", "") + one("second", `name = "second"`), Check: hooks(server, 2)},
	)
}

// TestAccCloudHook_unanswered loses the answer to the creation and gets none to
// any question after it. The next refresh finds the hook by its digest, beside one
// with another secret, and there is never a second one.
func TestAccCloudHook_unanswered(t *testing.T) {
	t.Parallel()
	for _, made := range []bool{true, false} {
		t.Run(fmt.Sprintf("made %t", made), func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			other := left(t, server, "WEBHOOK", "n", `{"url": "https://x/other"}`)
			faults := server.Server.Faults()
			drop := prefectserver.DropBefore
			if made {
				drop = prefectserver.DropAfter
			}
			trouble := func() {
				faults.Add(prefectserver.Fault{Field: "create_cloud_hook", Times: 1, Drop: drop, Before: func() {
					faults.Add(prefectserver.Fault{Status: http.StatusServiceUnavailable})
				}})
			}
			block := strings.Replace(config(server, `name = "n"`, `states = ["Failed", "TimedOut"]`, `webhook = { url_wo = "https://x/s3cr3t", url_wo_version = 1 }`),
				"  endpoint", "  max_retries = 1\n  endpoint", 1)
			run(t, server,
				resource.TestStep{
					PreConfig: trouble, Config: block,
					ExpectError: acctest.Says("could not confirm that it created the object", "The next refresh looks for the object"),
				},
				resource.TestStep{
					PreConfig: faults.Clear, Config: block,
					Check: func(*terraform.State) error {
						hooks, err := server.Client.ListCloudHooks(context.Background(), prefect.CloudHookFilter{})
						if err == nil && (len(hooks) != 2 || hooks[0].ID != other) {
							err = fmt.Errorf("%d hooks", len(hooks))
						}
						return err
					},
				},
				resource.TestStep{
					PreConfig: func() {
						if err := server.Client.DeleteCloudHook(context.Background(), other); err != nil {
							t.Error(err)
						}
					},
					Config: block, ConfigPlanChecks: nothing(),
				},
			)
		})
	}
}
