package flowrun_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

const templateOne = `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "one"}]}}}}`

const templateTwo = `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "two"}]}}}}`

// What counts is the job template that a run was created with, whatever becomes
// of its file.
func TestAccFlowRun_templateFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	remove := func(name string) {
		if err := os.Remove(file(name)); err != nil {
			t.Error(err)
		}
	}
	config := func(name string, more ...string) string {
		return b.config(append(more, `wait_for = "none"`, `run_config = { kubernetes = { job_template_path = "`+file(name)+`" } }`)...)
	}
	write("one.json", templateOne)
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config("one.json"), ConfigPlanChecks: action(plancheck.ResourceActionCreate), Check: b.total(1)},
			{ // another version in the same file
				PreConfig: func() { write("one.json", templateTwo) },
				Config:    config("one.json", `name = "renamed"`), ConfigPlanChecks: action(plancheck.ResourceActionUpdate), Check: b.total(1),
			},
			{ // the file moves
				PreConfig: func() { remove("one.json"); write("moved.json", templateOne) },
				Config:    config("moved.json", `name = "renamed"`), ConfigPlanChecks: action(plancheck.ResourceActionNoop), Check: b.total(1),
			},
			{ // another template in another file
				PreConfig: func() { remove("moved.json"); write("two.json", templateTwo) },
				Config:    config("two.json", `name = "renamed"`), ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: b.total(2),
			},
			{ // none any more
				PreConfig: func() { remove("two.json") },
				Config:    b.config(`wait_for = "none"`), ConfigPlanChecks: action(plancheck.ResourceActionNoop), Check: b.total(2),
			},
			{ // what is new must be there
				Config:      config("three.json"),
				ExpectError: acctest.Recorded(),
			},
		},
	})
}
