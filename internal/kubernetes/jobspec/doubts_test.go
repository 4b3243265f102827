package jobspec

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

func TestDoubts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spec, containers string // JSON
		want             []string
	}{
		"nothing":                      {"", `{"name": "flow"}`, nil},
		"empty lists":                  {`"completions": 1, "suspend": false,`, `{"name": "flow", "command": [], "args": []}`, nil},
		"suspended":                    {`"suspend": true,`, `{"name": "flow"}`, []string{"spec.suspend: The Job would be suspended"}},
		"several pods":                 {`"completions": 3, "parallelism": 2,`, `{"name": "flow"}`, []string{"spec.completions: `completions` is 3", "spec.parallelism: `parallelism` is 2"}},
		"arguments":                    {"", `{"name": "flow", "args": ["python", "flow.py"]}`, []string{`containers[0].args: The agent replaces these arguments (["python", "flow.py"])`}},
		"shell":                        {"", `{"name": "flow", "command": ["/bin/sh", "-c"]}`, []string{"containers[0].command: The agent appends the arguments `prefect execute flow-run` to this command ([\"/bin/sh\", \"-c\"]): the shell takes `prefect` alone"}},
		"login shell":                  {"", `{"name": "flow", "command": ["bash", "-lc"]}`, []string{"prints how `prefect` is used"}},
		"script without arguments":     {"", `{"name": "flow", "command": ["sh", "-c", "prefect execute flow-run"]}`, []string{"the script does not use them"}},
		"script with arguments":        {"", `{"name": "flow", "command": ["sh", "-c", "sleep 1; exec \"$@\"", "--"]}`, nil},
		"script with all in a string":  {"", `{"name": "flow", "command": ["sh", "-ec", "exec $*", "sh"]}`, nil},
		"script that loses the first":  {"", `{"name": "flow", "command": ["sh", "-c", "exec \"$@\""]}`, []string{"append \"--\""}},
		"script that has it back":      {"", `{"name": "flow", "command": ["sh", "-c", "exec \"$0\" \"$@\""]}`, nil},
		"shell alone":                  {"", `{"name": "flow", "command": ["sh"]}`, []string{"a script named `prefect`"}},
		"script in a file":             {"", `{"name": "flow", "command": ["sh", "/start.sh"]}`, nil},
		"init":                         {"", `{"name": "flow", "command": ["/usr/bin/tini", "-g", "--"]}`, nil},
		"prefect":                      {"", `{"name": "flow", "command": ["prefect"]}`, []string{"prefect prefect execute flow-run"}},
		"another program":              {"", `{"name": "flow", "command": ["/opt/run"]}`, []string{"only if it executes them"}},
		"sidecar by the flow's name":   {"", `{"name": "metrics", "image": "m:1"}, {"name": "flow", "image": "f:1"}`, []string{`containers[0]: The agent runs the flow in the first container, which is "metrics"`}},
		"sidecar by its name":          {"", `{"name": "istio-proxy", "image": "i:1"}, {"name": "etl", "image": "f:1"}`, []string{`which is "istio-proxy"`}},
		"sidecar by its image":         {"", `{"name": "db", "image": "gcr.io/cloudsql-docker/gce-proxy"}, {"name": "etl", "image": "f:1"}`, []string{`which is "db"`}},
		"sidecar second":               {"", `{"name": "flow"}, {"name": "istio-proxy", "image": "i:1"}`, nil},
		"another name":                 {"", `{"name": "etl"}, {"name": "helper", "image": "i:1"}`, nil},
		"a proxy that is alone":        {"", `{"name": "proxy"}`, nil},
		"wrong types are errors":       {`"suspend": "true",`, `{"name": "flow", "command": "sh -c", "args": "x"}`, nil},
		"wrong types in the command":   {"", `{"name": "flow", "command": [1]}`, nil},
		"several at a time, in orders": {`"suspend": true,`, `{"name": "flow", "command": ["sh", "-c"], "args": ["x"]}`, []string{"spec.suspend", ".args", ".command"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := serialization.Decode([]byte(`{"spec": {` + tt.spec + `"template": {"spec": {"containers": [` + tt.containers + `]}}}}`))
			if err != nil {
				t.Fatal(err)
			}
			template, _ := value.(map[string]any)
			got := Doubts(template)
			if len(got) != len(tt.want) {
				t.Fatalf("got %+v", got)
			}
			for i, d := range got {
				if text := d.Path + ": " + d.Problem; !strings.Contains(text, tt.want[i]) || d.Remedy == "" {
					t.Errorf("want %q, got %s %s", tt.want[i], text, d.Remedy)
				}
			}
		})
	}
	if got := Doubts(nil); got != nil {
		t.Errorf("got %+v", got)
	}
}
