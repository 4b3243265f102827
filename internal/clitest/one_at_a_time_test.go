package clitest

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestOneAtATime gives a cloud hook another address with `-parallelism=1`. Two others are destroyed before the hook, so that
// Terraform comes to the creation first: it is refused, and the next apply makes the hook. There are never two.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server := acctest.Server(t)
		const hook = "  states = [\"Failed\"]\n  webhook = { url = \"https://x/y\" }\n}\n"
		w := workspace(t, program, server, nil, "resource \"prefect_cloud_hook\" \"old\" {\n"+hook+`
resource "terraform_data" "later" {
  depends_on = [prefect_cloud_hook.old]
}

resource "terraform_data" "latest" {
  depends_on = [terraform_data.later]
}
`)
		w.Apply("-parallelism=1")
		w.Configure(server, nil, "resource \"prefect_cloud_hook\" \"new\" {\n"+hook)
		apply := []string{"apply", "-auto-approve", "-input=false", "-parallelism=1"}
		if output, code := w.Try(apply...); code != 1 {
			t.Errorf("exit code %d; does Terraform destroy first now?\n%s", code, output)
		} else {
			says(t, output, "A cloud hook exactly like this one exists", "If this apply destroys or replaces that hook, run it again")
		}
		if found, err := server.Client.ListCloudHooks(t.Context(), prefect.CloudHookFilter{}); err != nil || len(found) > 0 {
			t.Errorf("%d hooks after the destroy: %v", len(found), err)
		}
		w.Run(apply...)
		w.Unchanged("after the second apply")
		if found, err := server.Client.ListCloudHooks(t.Context(), prefect.CloudHookFilter{}); err != nil || len(found) != 1 {
			t.Errorf("%d hooks: %v", len(found), err)
		}
	})
}
