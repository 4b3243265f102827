package clitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestAdopt writes the configuration of what a Server holds and imports it, with the oldest command line and with the newest
// ones: nothing changes, then or afterwards.
func TestAdopt(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	populate(t, server, 3, 4)
	for _, program := range append(newest(), onPath(t)...) {
		t.Run(filepath.Base(program), func(t *testing.T) {
			t.Parallel() // adopting and importing change nothing
			adopted(t, server, program, 3, 12)
		})
	}
}

// newest are the programs of the newest command lines, onPath that of the one on PATH.
func newest() []string { return []string{terraform, tofu} }

func onPath(t *testing.T) []string {
	t.Helper()
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		return nil
	}
	return []string{program}
}

// adopted runs the command and applies what it has written.
func adopted(t *testing.T, server *acctest.PrefectServer, program string, projects, flows int) {
	t.Helper()
	dir := programs(t)
	if !filepath.IsAbs(program) {
		program = filepath.Join(dir, program)
	}
	w := acctest.NewWorkspace(t, program, dir)
	adopt := func() (string, error) {
		var out bytes.Buffer
		command := exec.CommandContext(t.Context(), filepath.Join(dir, "terraform-provider-prefect"), "adopt", //nolint:gosec // just built
			"-endpoint", server.API, "-tenant", server.TenantSlug, "-out", w.Dir)
		command.Stdout, command.Stderr = &out, &out
		err := command.Run()
		return out.String(), err
	}
	told, err := adopt()
	if err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	says(t, told, fmt.Sprintf("%d projects, %d flows", projects, flows), "1 flow groups", "2 cloud hooks", "secrets.auto.tfvars")
	w.Run("fmt", "-check", "-diff", "-recursive")
	w.Run("validate")
	importsOnly(t, w.Plan(), projects+flows+3)
	says(t, w.Apply(), fmt.Sprintf("%d imported, 0 added, 0 changed, 0 destroyed", projects+flows+3))
	w.Unchanged("after the import")
	if err := os.Remove(filepath.Join(w.Dir, "imports.tf")); err != nil {
		t.Fatal(err)
	}
	w.Unchanged("without the import blocks")
	for _, file := range []string{"terraform.tfstate", "hooks.tf", "variables.tf", "project_team_0.tf"} {
		silent(t, w.Read(file), "very-secret")
	}
	if told, err := adopt(); err == nil {
		t.Error("what exists was overwritten")
	} else {
		says(t, told, "would be overwritten")
	}
}

// populate makes projects with flows, a flow group with settings of its own, hooks with secrets and a run: some of what makes
// a configuration hard to write.
func populate(t *testing.T, server *acctest.PrefectServer, projects, each int) {
	t.Helper()
	session := acctest.Connect(t, server, nil)
	create := func(kind string, config map[string]any) acctest.Applied {
		made := session.Create(kind, config)
		if made.State == nil {
			t.Fatal(made)
		}
		return made
	}
	var group any
	for p := range projects {
		project := create("prefect_project", map[string]any{"name": fmt.Sprintf("Team %d", p), "description": "50% of ${everything} \"quoted\"\n"})
		for f := range each {
			made := create("prefect_flow", map[string]any{
				"project_id": project.At("id"), "labels": []string{"linux"},
				"flow_json": awkward(t, fmt.Sprintf("load/%d %%{x}", f), p == 0 && f == 0),
			})
			group = made.At("id")
		}
	}
	create("prefect_flow_group", map[string]any{
		"version_group_id": group, "description": "Nightly", "labels": []string{},
		"default_parameters": `{"big": 12345, "path": "${HOME}"}`,
	})
	for _, hook := range []map[string]any{
		{"states": []string{"Failed"}, "name": "On call", "slack": map[string]any{"url_wo": "https://hooks.example.com/very-secret", "url_wo_version": 1}},
		{"states": []string{"Success"}, "version_group_id": group, "active": false, "webhook": map[string]any{"url_wo": "https://x/very-secret", "url_wo_version": 1}},
	} {
		create("prefect_cloud_hook", hook)
	}
	create("prefect_flow_run", map[string]any{"version_group_id": group, "wait_for": "none", "parameters": `{"big": 1, "path": "x"}`})
}

// awkward is the example flow with parameters whose defaults the Server gives back as other numbers, and with a schedule.
func awkward(t *testing.T, name string, scheduled bool) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(etl(t)))
	decoder.UseNumber()
	var document struct {
		Flows []map[string]any `json:"flows"`
	}
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	flow := document.Flows[0]
	flow["name"] = name
	parameters, tasks := []any{}, flow["tasks"].([]any) //nolint:errcheck // a build document
	for parameter, number := range map[string]string{"whole": "1.0", "big": "9007199254740993", "path": "0.5"} {
		parameters = append(parameters, map[string]any{
			"__version__": "1.4.1", "default": json.Number(number), "name": parameter, "outputs": "typing.Any", "required": false,
			"slug": parameter, "tags": []any{}, "type": "prefect.core.parameter.Parameter",
		})
	}
	flow["parameters"], flow["tasks"] = parameters, append(tasks, parameters...)
	if scheduled {
		flow["schedule"] = map[string]any{
			"__version__": "1.4.1", "type": "Schedule", "filters": []any{}, "or_filters": []any{}, "not_filters": []any{}, "adjustments": []any{},
			"clocks": []any{map[string]any{
				"__version__": "1.4.1", "type": "CronClock", "cron": "0 3 * * *", "start_date": nil, "end_date": nil, "parameter_defaults": map[string]any{},
				"labels": nil, "day_or": nil,
			}},
		}
	}
	text, err := json.Marshal(flow)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
