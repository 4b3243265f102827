package moduletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is all of a module's configuration.
func source(t *testing.T, module string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "modules", module, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("module %s has no files: %v", module, err)
	}
	var all bytes.Buffer
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// blocks gives the top-level blocks of a kind by their first label.
func blocks(source, kind string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?ms)^`+kind+` "(\w+)"[^\n]*\{\n.*?^\}`).FindAllStringSubmatch(source, -1) {
		found[m[1]] = m[0]
	}
	return found
}

// TestPolicy is the security policy of the modules, in place of a scanner whose
// rules would have to be downloaded.
func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, module := range modules(t) {
		text := source(t, module)
		if regexp.MustCompile(`(?m)^provider "`).MatchString(text) {
			t.Errorf("%s has a provider block: it could not be removed from a configuration, nor used twice", module)
		}
		for name, block := range blocks(text, "variable") {
			for _, needed := range []string{"description", "type"} {
				if !regexp.MustCompile(`(?m)^  ` + needed + `\s+=`).MatchString(block) {
					t.Errorf("%s: variable %s has no %s", module, name, needed)
				}
			}
			secret := regexp.MustCompile(`password$|token$`).MatchString(name)
			if secret && !strings.Contains(block, "sensitive   = true") && !strings.Contains(block, "sensitive = true") {
				t.Errorf("%s: variable %s is not sensitive", module, name)
			}
			if n := strings.Count(block, "validation {"); n != strings.Count(block, "error_message") {
				t.Errorf("%s: variable %s has a validation without a message", module, name)
			}
		}
		for name, block := range blocks(text, "output") {
			if !strings.Contains(block, "description") {
				t.Errorf("%s: output %s has no description", module, name)
			}
			if regexp.MustCompile(`client_key|kube_config_raw|client_certificate`).MatchString(block) && !strings.Contains(block, "sensitive") {
				t.Errorf("%s: output %s is not sensitive", module, name)
			}
		}
	}
	for module, rules := range map[string][]string{
		"aks": {
			`role_based_access_control_enabled\s+= true`, `run_command_enabled\s+= false`, `azure_rbac_enabled\s+= true`, `network_policy\s+= "cilium"`,
		},
		"acr":        {`admin_enabled\s+= false`, `anonymous_pull_enabled\s+= false`},
		"postgresql": {`administrator_password_wo\s+= var`, `name\s+= "require_secure_transport"`},
		"prefect-server": {
			`HASURA_GRAPHQL_ENABLE_CONSOLE = "false"`, `seccompProfile`, `SERVICE_ACCOUNT_NAME", value = local.service_accounts.flows`,
		},
	} {
		text := source(t, module)
		for _, rule := range rules {
			if !regexp.MustCompile(rule).MatchString(text) {
				t.Errorf("%s does not say %s any more", module, rule)
			}
		}
	}
}

// TestChartPolicy is the policy of the modules' own charts: what no object in
// them may have.
func TestChartPolicy(t *testing.T) {
	t.Parallel()
	forbidden := map[string]string{
		`kind: Cluster`:                   "rights beyond a namespace",
		`verbs:.*\*`:                      "every right at once",
		`resources:.*\*`:                  "rights on every kind of object",
		`resources:.*secrets`:             "access to Secrets",
		`type: (LoadBalancer|NodePort)`:   "an address of its own",
		`host(Network|PID|IPC|Path|Port)`: "access to its node",
		`privileged: true`:                "access to its node",
		`podSelector: \{\}`:               "a policy for pods that are not the release's",
	}
	var templates []string
	for _, pattern := range []string{"modules/*/chart/templates/*", "modules/*/charts/*/templates/*"} {
		found, err := filepath.Glob(filepath.Join(root(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, found...)
	}
	if len(templates) < 15 {
		t.Fatalf("the charts have %d templates", len(templates))
	}
	for _, template := range templates {
		data, err := os.ReadFile(template) //nolint:gosec // a file of this repository
		if err != nil {
			t.Fatal(err)
		}
		for pattern, meaning := range forbidden {
			if internalOnly(string(data)) && strings.Contains(pattern, "LoadBalancer") {
				continue
			}
			if found := regexp.MustCompile(pattern).Find(data); found != nil {
				t.Errorf("%s has %q: %s", template, found, meaning)
			}
		}
	}
}

// internalOnly says whether a template's load balancers have addresses in the
// virtual network whatever the values say, and let only named ranges in.
func internalOnly(template string) bool {
	for _, needed := range []string{
		`$annotations := dict "service.beta.kubernetes.io/azure-load-balancer-internal" "true"`,
		`merge $annotations $.Values.loadBalancers.annotations`, "loadBalancerSourceRanges: ", "externalTrafficPolicy: Local",
	} {
		if !strings.Contains(template, needed) {
			return false
		}
	}
	return !strings.Contains(template, "NodePort")
}

// TestStackPassesEverythingOn fails when the module stack has no way to set an
// input of a module in it, or an attribute of one: Terraform drops attributes
// that a type does not have without a word.
func TestStackPassesEverythingOn(t *testing.T) {
	t.Parallel()
	calls, variables := blocks(source(t, "stack"), "module"), blocks(source(t, "stack"), "variable")
	for module, variable := range map[string]string{"aks": "cluster", "acr": "registry", "postgresql": "database", "prefect-server": "prefect"} {
		call, found := calls[strings.ReplaceAll(module, "-", "_")]
		if !found {
			t.Fatalf("the stack has no %s", module)
		}
		for name, block := range blocks(source(t, module), "variable") {
			if name == "embedded_database_acknowledged" || name == "public_network_access" {
				continue // the stack has a database of its own, in its own network
			}
			if !regexp.MustCompile(`(?m)^  ` + name + `\s+=`).MatchString(call) {
				t.Errorf("the stack has no way to set %s of %s", name, module)
			}
			here := expression(variables[variable], name)
			if here == "" {
				continue // the stack makes the value itself
			}
			if got, want := attributes(here), attributes(expression(block, "type")); !slices.Equal(got, want) {
				t.Errorf("%s of %s has the attributes %v, in the stack %v", name, module, want, got)
			}
		}
	}
}

// expression is what a name in a block is set to, up to its last bracket.
func expression(block, name string) string {
	start := regexp.MustCompile(`(?m)^ +` + name + ` += `).FindStringIndex(block)
	if start == nil {
		return ""
	}
	depth := 0
	for i, c := range block[start[1]:] {
		switch c {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case '\n':
			if depth == 0 {
				return block[start[1] : start[1]+i]
			}
		}
	}
	return block[start[1]:]
}

// attributes are the names of a type's attributes, one to a line, sorted.
func attributes(expression string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) += (?:optional|string|number|bool|map|list|set|object)\b`).FindAllStringSubmatch(expression, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// TestDefaultsAreDocumented compares the table of the guide with the modules:
// each variable that may be left out, with its default and a reason.
func TestDefaultsAreDocumented(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(bin(t), "terraform-docs")
	guide, err := os.ReadFile(filepath.Join(root(t), "templates/guides/azure-modules.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range modules(t) {
		_, section, found := strings.Cut(string(guide), "\n### "+module+"\n")
		if !found {
			t.Errorf("the guide has no table of %s", module)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		output, err := exec.CommandContext(t.Context(), docs, "json", filepath.Join(root(t), "modules", module)).Output() //nolint:gosec // built by us
		if err != nil {
			t.Fatal(err)
		}
		var described struct {
			Inputs []struct {
				Name     string          `json:"name"`
				Default  json.RawMessage `json:"default"`
				Required bool            `json:"required"`
			} `json:"inputs"`
		}
		if err := json.Unmarshal(output, &described); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, input := range described.Inputs {
			if input.Required {
				continue
			}
			names = append(names, input.Name)
			var compact bytes.Buffer
			if err := json.Compact(&compact, input.Default); err != nil {
				t.Fatal(err)
			}
			row := regexp.MustCompile("(?m)^\\| `" + input.Name + "` \\| `(.*?)` \\| (.+) \\|$").FindStringSubmatch(section)
			switch {
			case row == nil:
				t.Errorf("%s: the guide gives no reason for the default of %s", module, input.Name)
			case strings.ReplaceAll(row[1], " ", "") != strings.ReplaceAll(compact.String(), " ", ""):
				t.Errorf("%s: the guide says that %s is %s, it is %s", module, input.Name, row[1], compact.String())
			}
		}
		for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
			if !slices.Contains(names, m[1]) {
				t.Errorf("%s: the guide describes %s, which has no default or does not exist", module, m[1])
			}
		}
		for _, problem := range nestedDefaults(module, source(t, module), section) {
			t.Error(problem)
		}
	}
}

// nestedDefaults compares the defaults of attributes of objects with the guide.
// Those of the stack are the other modules'.
func nestedDefaults(module, text, section string) []string {
	var problems []string
	if module == "stack" {
		return nil
	}
	attribute := regexp.MustCompile(`(?m)^    (\w+)\s*=\s*optional\((?:string|number|bool|list\(string\)|set\(string\)|map\(string\)), (.+)\)$`)
	for name, block := range blocks(text, "variable") {
		for _, m := range attribute.FindAllStringSubmatch(block, -1) {
			if row := fmt.Sprintf("| `%s.%s` | `%s` |", name, m[1], m[2]); !strings.Contains(section, row) {
				problems = append(problems, fmt.Sprintf("%s: the guide lacks %q", module, row))
			}
		}
	}
	return problems
}

// TestReadmesAreGenerated fails when a README is not what terraform-docs makes.
func TestReadmesAreGenerated(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(bin(t), "terraform-docs")
	for _, module := range modules(t) {
		command := exec.CommandContext(t.Context(), docs, "--config", filepath.Join(root(t), "modules/.terraform-docs.yml"), //nolint:gosec // built by us
			"--output-check", filepath.Join(root(t), "modules", module))
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("run `make module-docs`: %v\n%s", err, output)
		}
	}
}
