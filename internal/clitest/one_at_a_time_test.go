package clitest

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestOneAtATime gives a cloud hook another address with `-parallelism=1`. Two others are destroyed before the hook, so that
// Terraform mostly comes to the creation first, in the plan or in the apply: it is refused. Each of the remedies that the error names
// then makes the hook, for certain, whatever came first. There are never two.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	const oneAtATime = "-parallelism=1"
	for name, remedy := range map[string]struct{ configuration, option string }{
		"parallelism": {option: "-parallelism=10"},
		"moved":       {"moved {\n  from = prefect_cloud_hook.old\n  to   = prefect_cloud_hook.new\n}\n", oneAtATime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, program string) {
				t.Helper()
				server := acctest.Embedded(t, prefectserver.Options{})
				count := func() int {
					hooks, err := server.Client.ListCloudHooks(t.Context(), prefect.CloudHookFilter{})
					if err != nil {
						t.Error(err) // not Fatal: the Server calls this too
					}
					return len(hooks)
				}
				const hook = "  states = [\"Failed\"]\n  webhook = { url = \"https://x/y\" }\n}\n"
				w := workspace(t, program, server, nil, "resource \"prefect_cloud_hook\" \"old\" {\n"+hook+`
resource "terraform_data" "later" {
  depends_on = [prefect_cloud_hook.old]
}

resource "terraform_data" "latest" {
  depends_on = [terraform_data.later]
}
`)
				w.Apply(oneAtATime)
				server.Server.Faults().Add(prefectserver.Fault{Field: "create_cloud_hook", Before: func() {
					if n := count(); n > 0 {
						t.Errorf("a hook is created beside %d", n)
					}
				}})
				const renamed = "resource \"prefect_cloud_hook\" \"new\" {\n" + hook
				w.Configure(server, nil, renamed)
				if output, code := w.Try("apply", "-auto-approve", "-input=false", oneAtATime); code != 0 {
					says(t, output, "A cloud hook exactly like this one exists", "higher `-parallelism`", "`moved` block")
				}
				w.Configure(server, nil, renamed+remedy.configuration)
				w.Run("apply", "-auto-approve", "-input=false", remedy.option)
				w.Unchanged("after the second apply")
				if n := count(); n != 1 {
					t.Errorf("%d hooks", n)
				}
			})
		})
	}
}
