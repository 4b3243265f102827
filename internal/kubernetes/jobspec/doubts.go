package jobspec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Doubt is something in a job template that neither the agent nor Kubernetes refuses and that probably keeps the flow from
// running.
type Doubt struct {
	// Path is the place in the template, such as spec.suspend.
	Path string
	// Problem and Remedy are sentences.
	Problem, Remedy string
}

// first is the container that runs the flow.
const first = "spec.template.spec.containers[0]"

// Doubts finds what is doubtful in a job template.
func Doubts(template map[string]any) []Doubt {
	spec, _ := template["spec"].(map[string]any)
	pods, _ := spec["template"].(map[string]any)
	pod, _ := pods["spec"].(map[string]any)
	containers, _ := pod["containers"].([]any)
	var doubts []Doubt
	if spec["suspend"] == true {
		doubts = append(doubts, Doubt{
			"spec.suspend", "The Job would be suspended: Kubernetes creates no pod for it until somebody, or a queue such as Kueue, resumes it.",
			"Remove `suspend`, unless something resumes the Jobs.",
		})
	}
	for _, key := range []string{"completions", "parallelism"} {
		if n, ok := spec[key]; ok && n != nil && fmt.Sprint(n) != "1" {
			doubts = append(doubts, Doubt{
				"spec." + key, fmt.Sprintf("`%s` is %v, and each pod of a Job runs the same flow run.", key, n), "Remove it, or set it to 1.",
			})
		}
	}
	if len(containers) == 0 {
		return doubts
	}
	container, _ := containers[0].(map[string]any)
	doubts = append(doubts, sidecarFirst(containers)...)
	if args, _ := container["args"].([]any); len(args) > 0 {
		doubts = append(doubts, Doubt{
			first + ".args", fmt.Sprintf("The agent replaces these arguments (%s) by `prefect execute flow-run`.", shown(args)),
			"Remove `args`, and move what has to be done before the flow into an init container or the image.",
		})
	}
	return append(doubts, doubtCommand(container["command"])...)
}

// notFlows matches names and images of containers that accompany others.
var notFlows = regexp.MustCompile(`(?i)proxy|sidecar|istio|envoy|linkerd|fluent|vault-agent|cloud-?sql|otel|collector|datadog|promtail|logger`)

// sidecarFirst notices a first container that is not the one for the flow.
func sidecarFirst(containers []any) []Doubt {
	if len(containers) < 2 {
		return nil
	}
	name := func(c any) string {
		container, _ := c.(map[string]any)
		text, _ := container["name"].(string)
		return text
	}
	container, _ := containers[0].(map[string]any)
	image, _ := container["image"].(string)
	own := name(containers[0])
	named := slices.ContainsFunc(containers[1:], func(c any) bool { return name(c) == "flow" })
	if own == "flow" || !named && !notFlows.MatchString(own) && !notFlows.MatchString(image) {
		return nil
	}
	return []Doubt{{
		first, fmt.Sprintf("The agent runs the flow in the first container, which is %q, and replaces its image and arguments.", own),
		"Put the container for the flow first. A sidecar that is to end with the flow is an init container with `restartPolicy: Always`.",
	}}
}

var (
	// shells run a script that follows -c.
	shells = []string{"sh", "bash", "dash", "ash", "ksh", "zsh"}
	// launchers execute their arguments.
	launchers = []string{
		"tini", "dumb-init", "catatonit", "env", "nice", "ionice", "stdbuf", "setpriv", "su-exec", "gosu", "timeout",
		"ddtrace-run", "opentelemetry-instrument", "newrelic-admin", "entrypoint.sh", "docker-entrypoint.sh",
	}
	// scriptFlag is the option of a shell that is followed by a script, alone or with others.
	scriptFlag = regexp.MustCompile(`^-[a-z]*c[a-z]*$`)
	// usesArguments matches scripts that do something with their arguments.
	usesArguments = regexp.MustCompile(`\$(\{?[@*1-9])`)
)

// doubtCommand notices a command that does not run its arguments, which are the agent's.
func doubtCommand(value any) []Doubt {
	list, _ := value.([]any)
	var words []string
	for _, word := range list {
		text, ok := word.(string)
		if !ok {
			return nil // of a wrong type, which is an error
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return nil
	}
	problem := ""
	switch program := path.Base(words[0]); {
	case slices.Contains(shells, program):
		problem = doubtShell(words[1:])
	case slices.Contains(launchers, program):
	case program == "prefect":
		problem = "it would be called as `prefect prefect execute flow-run`"
	default:
		problem = "the flow runs only if it executes them"
	}
	if problem == "" {
		return nil
	}
	return []Doubt{{
		first + ".command", fmt.Sprintf("The agent appends the arguments `prefect execute flow-run` to this command (%s): %s.", shown(list), problem),
		`Remove ` + "`command`" + `, or have it execute its arguments, as in ["/bin/sh", "-c", "prepare && exec \"$@\"", "--"].`,
	}}
}

func doubtShell(arguments []string) string {
	at := slices.IndexFunc(arguments, scriptFlag.MatchString)
	switch {
	case at < 0 && len(arguments) == 0:
		return "the shell looks for a script named `prefect`"
	case at < 0:
		return "" // a script in a file, which nobody can look into
	case at == len(arguments)-1:
		return "the shell takes `prefect` alone for its script, which prints how `prefect` is used and ends well, and no flow runs"
	case !usesArguments.MatchString(arguments[at+1]):
		return "the script does not use them (`\"$@\"`), and no flow runs"
	case at+2 == len(arguments) && !strings.Contains(arguments[at+1], "$0"):
		return "the shell takes the first of them for `$0`, so that `\"$@\"` is `execute flow-run`; append \"--\" to the command"
	}
	return ""
}

// shown is a list as JSON.
func shown(list []any) string {
	text, err := serialization.Canonical(list)
	if err != nil {
		return fmt.Sprint(list)
	}
	return string(text)
}
