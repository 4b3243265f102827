package repotest_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// workflow is the part of a workflow that the tests look at.
type workflow struct {
	Permissions *map[string]string `json:"permissions"`
	Jobs        map[string]struct {
		Permissions map[string]string `json:"permissions"`
		Needs       any               `json:"needs"`
		Uses        string            `json:"uses"`
		Steps       []struct {
			Uses string         `json:"uses"`
			With map[string]any `json:"with"`
		} `json:"steps"`
	} `json:"jobs"`
}

// TestWorkflows checks that workflows run only code that is pinned, with the
// least permissions, and that a release waits for the tests.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	commented := regexp.MustCompile(`uses: [\w.-]+/\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+`)
	files := tracked(t, ".github/workflows/*.yml")
	for _, file := range files {
		text := read(t, file)
		var w workflow
		if err := yaml.Unmarshal([]byte(text), &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if w.Permissions == nil || len(*w.Permissions) > 0 {
			t.Errorf("%s: permissions of all jobs are not empty; give each job those that it needs", file)
		}
		if got, want := len(commented.FindAllString(text, -1)), strings.Count(text, "uses: ")-strings.Count(text, "uses: ./"); got != want {
			t.Errorf("%s: %d of %d actions have their version in a comment", file, got, want)
		}
		for name, job := range w.Jobs {
			if job.Permissions == nil {
				t.Errorf("%s: the job %s does not say which permissions it needs", file, name)
			}
			for permission, level := range job.Permissions {
				if level != "read" && name != "release" {
					t.Errorf("%s: the job %s may %s %s", file, name, level, permission)
				}
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: the job %s uses %s, which is not pinned by its commit", file, name, step.Uses)
				}
				if kept := step.With["persist-credentials"]; strings.HasPrefix(step.Uses, "actions/checkout@") && kept != false {
					t.Errorf("%s: the job %s keeps the token that it checked out with", file, name)
				}
			}
		}
		if release, ok := w.Jobs["release"]; ok && (release.Needs != "test" || w.Jobs["test"].Uses != "./.github/workflows/test.yml") {
			t.Errorf("%s: the release does not wait for the tests", file)
		}
	}
	if len(files) < 2 {
		t.Errorf("found the workflows %v", files)
	}
}

// TestDependabot checks that every Go module that requires others is kept up to
// date.
func TestDependabot(t *testing.T) {
	t.Parallel()
	var config struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/dependabot.yml")), &config); err != nil {
		t.Fatal(err)
	}
	var updated, modules []string
	for _, update := range config.Updates {
		if update.Ecosystem == "gomod" {
			updated = append(updated, update.Directories...)
		}
	}
	for _, file := range tracked(t, "go.mod", "**/go.mod") {
		if strings.Contains(read(t, file), "require") && !strings.Contains(file, "testdata/") {
			modules = append(modules, path.Join("/", path.Dir(file)))
		}
	}
	for _, module := range modules {
		if !slices.Contains(updated, module) {
			t.Errorf(".github/dependabot.yml does not name the module %s", module)
		}
	}
	for _, directory := range updated {
		if !slices.Contains(modules, directory) {
			t.Errorf(".github/dependabot.yml names %s, where no module is", directory)
		}
	}
}

// TestRecipes checks what nobody runs here: the examples for use from elsewhere
// name the modules by one tag of this repository, sign in without kubelogin, and
// their pipelines are YAML that pass on what the provider and azurerm read.
func TestRecipes(t *testing.T) {
	t.Parallel()
	source := regexp.MustCompile(`source\s+= "([^"]*modules/[^"]*)"`)
	elsewhere := regexp.MustCompile(`^git::https://github\.com/prefect-server/terraform-provider-prefect\.git//modules/([a-z-]+)\?ref=v\d+\.\d+\.\d+$`)
	tags, recipes := map[string]bool{}, 0
	for _, file := range tracked(t, "examples/azure-*/*.tf", "examples/azure-*/*/*.tf") {
		text := read(t, file)
		if strings.Contains(text, "kubernetes.exec") || regexp.MustCompile(`command\s+= "kubelogin"`).MatchString(text) {
			t.Errorf("%s needs kubelogin", file)
		}
		for _, m := range source.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "../") {
				continue // an example that the tests apply
			}
			recipes++
			found := elsewhere.FindStringSubmatch(m[1])
			if found == nil || len(tracked(t, "modules/"+found[1]+"/main.tf")) == 0 {
				t.Errorf("%s takes a module from %q", file, m[1])
			}
			tags[m[1][strings.LastIndexByte(m[1], '=')+1:]] = true
		}
	}
	if recipes == 0 || len(tags) != 1 {
		t.Errorf("%d modules are taken by the tags %v", recipes, tags)
	}
	for file, needed := range map[string][]string{
		"examples/azure-github-actions/pipeline.yml": {"id-token: write", "ARM_USE_OIDC", "ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "cancel-in-progress: false"},
		"examples/azure-devops/azure-pipelines.yml": {
			"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)", "ARM_USE_OIDC", "ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID",
		},
	} {
		text := read(t, file)
		var pipeline map[string]any
		if err := yaml.Unmarshal([]byte(text), &pipeline); err != nil || pipeline["jobs"] == nil && pipeline["steps"] == nil {
			t.Errorf("%s is no pipeline: %v", file, err)
		}
		for _, part := range needed {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not have %s", file, part)
			}
		}
	}
}
