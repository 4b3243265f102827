package cloudhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const address = "prefect_cloud_hook.test"

func config(server *acctest.PrefectServer, lines ...string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("resource \"prefect_cloud_hook\" \"test\" {\n  %s\n}\n", strings.Join(lines, "\n  "))
}

// run runs steps with a Terraform that has write-only arguments, and checks that
// no hook is left and that no step left a secret in state.
func run(t *testing.T, server *acctest.PrefectServer, steps ...resource.TestStep) {
	t.Helper()
	for i := range steps {
		if steps[i].ImportState || steps[i].ExpectError != nil || steps[i].PlanOnly {
			continue
		}
		steps[i].ConfigStateChecks = append(steps[i].ConfigStateChecks, noSecret{})
	}
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    steps,
		CheckDestroy: func(*terraform.State) error {
			hooks, err := server.Client.ListCloudHooks(context.Background(), prefect.CloudHookFilter{})
			if err == nil && len(hooks) > 0 {
				err = fmt.Errorf("%d hooks are left", len(hooks))
			}
			return err
		},
	})
}

// secretMark is part of every secret of the tests.
const secretMark = "s3cr3t"

type noSecret struct{}

// CheckState implements statecheck.StateCheck.
func (noSecret) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	text, err := json.Marshal(req.State)
	if err == nil && strings.Contains(string(text), secretMark) {
		err = fmt.Errorf("the state has a secret: %s", text)
	}
	resp.Error = err
}

func known(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
}

func action(a plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, a)}}
}

func nothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func inPlace() resource.ConfigPlanChecks { return action(plancheck.ResourceActionUpdate) }

func replaced() resource.ConfigPlanChecks { return action(plancheck.ResourceActionDestroyBeforeCreate) }

// only is the tenant's only hook.
func only(t *testing.T, server *acctest.PrefectServer) prefect.CloudHook {
	t.Helper()
	hooks, err := server.Client.ListCloudHooks(context.Background(), prefect.CloudHookFilter{})
	if err != nil || len(hooks) != 1 {
		t.Fatalf("%d hooks, %v", len(hooks), err)
	}
	return hooks[0]
}

// on checks the only hook on the Server.
func on(server *acctest.PrefectServer, kind, config string, active bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		hooks, err := server.Client.ListCloudHooks(context.Background(), prefect.CloudHookFilter{})
		if err != nil || len(hooks) != 1 {
			return fmt.Errorf("%d hooks, %w", len(hooks), err)
		}
		var got, want any
		if err := json.Unmarshal(hooks[0].Config, &got); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(config), &want); err != nil {
			return err
		}
		if hooks[0].Type != kind || hooks[0].Active != active || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("hook on the Server: %s %s active %t", hooks[0].Type, hooks[0].Config, hooks[0].Active)
		}
		return nil
	}
}
