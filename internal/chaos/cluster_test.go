package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/chaos"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// oneRun is a run that is waited for, in a cluster that is given by the attributes of `kubernetes`.
func oneRun(server *acctest.PrefectServer, kubernetes, wait string) string {
	return "terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n" +
		acctest.ProviderConfig(server, nil, "kubernetes = {", kubernetes, "}") + fmt.Sprintf(`
resource "prefect_project" "p" {
  name = "chaos"
}

resource "prefect_flow" "f" {
  project_id = prefect_project.p.id
  flow_json  = file("etl.json")

  deletion_policy = "delete"
}

resource "prefect_flow_run" "r" {
  flow_id    = prefect_flow.f.flow_id
  wait_for   = %q
  on_destroy = "delete"
  timeouts   = { total = "20s", stop = "20s" }
}
`, wait)
}

// setState sets the state of all runs of a Server, and has an agent say something of each.
func setState(t *testing.T, server *acctest.PrefectServer, state, message string, lines ...string) {
	t.Helper()
	runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{})
	fatal(t, err)
	for _, run := range runs {
		for _, line := range lines {
			fatal(t, server.Client.WriteFlowRunLog(t.Context(), run.ID, "prefect.etl", line))
		}
		const set = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id } } }`
		fatal(t, server.Client.Do(t.Context(), set, map[string]any{"input": map[string]any{"states": []any{map[string]any{
			"flow_run_id": run.ID, "state": map[string]any{"type": state, "message": message, "__version__": "1.4.1"},
		}}}}, nil))
	}
}

// whenThereIsARun calls do once a run exists.
func whenThereIsARun(t *testing.T, server *acctest.PrefectServer, do func()) {
	t.Helper()
	go func() {
		for t.Context().Err() == nil {
			if runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{}); err == nil && len(runs) > 0 {
				do()
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
}

// silences are the ways in which a cluster can be silent.
func silences(t *testing.T) map[string]string {
	t.Helper()
	silent := chaos.SilentPeer(t)
	command := filepath.Join(t.TempDir(), "login")
	if err := os.WriteFile(command, []byte("#!/bin/sh\necho To sign in, use a web browser >&2\nexec sleep 600\n"), 0o700); err != nil { //nolint:gosec // a command
		t.Fatal(err)
	}
	host := fmt.Sprintf("host = \"http://%s\"\n", silent)
	return map[string]string{
		"API server": host + `token = "x"`,
		"command":    host + fmt.Sprintf("exec = { api_version = \"client.authentication.k8s.io/v1\", command = %q }", command),
		"Entra ID": host + fmt.Sprintf("azure = { tenant_id = \"6f6b0e0e-0000-4000-8000-00000000000f\", client_id = \"6f6b0e0e-0000-4000-8000-00000000000e\", "+
			"client_secret = \"x\", authority_host = \"https://%s/\" }", silent),
	}
}

// TestSilentCluster follows a run to its end with a cluster, a credential command or a token service that takes connections
// and never answers. Everything ends in its time, by the Server alone, and says so; Ctrl-C ends it at once.
func TestSilentCluster(t *testing.T) {
	t.Parallel()
	for name, kubernetes := range silences(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			w := terraform(t, server, "")
			w.Write("main.tf", oneRun(server, kubernetes, "finished"))
			within := func(what string, limit time.Duration, do func() (string, int), says ...string) {
				t.Helper()
				began := time.Now()
				output, code := do()
				took := time.Since(began)
				t.Logf("%s: %.1f s, exit code %d", what, took.Seconds(), code)
				if code != 0 || took > limit {
					t.Errorf("%s: exit code %d after %s:\n%s", what, code, took, output)
				}
				flat := strings.Join(strings.Fields(output), " ")
				for _, text := range says {
					if !strings.Contains(flat, text) {
						t.Errorf("%s does not say %q:\n%s", what, text, output)
					}
				}
			}
			whenThereIsARun(t, server, func() { setState(t, server, "Running", "") })
			whenRunning(t, server, func() { setState(t, server, "Success", "") })
			within("an apply of a run that succeeds", 50*time.Second, func() (string, int) { return w.Try("apply", "-auto-approve", "-input=false") }, "Warning")

			setState(t, server, "Running", "")
			within("a plan with an unfinished run", 30*time.Second, func() (string, int) { return w.Try("plan", "-input=false") }, "Warning")

			pressed := make(chan struct{})
			var at time.Time
			time.AfterFunc(3*time.Second, func() { at = time.Now(); close(pressed) })
			output, _ := w.TryUntil(pressed, "plan", "-input=false")
			if at.IsZero() {
				t.Logf("the plan was faster than Ctrl-C:\n%s", output)
			} else if took := time.Since(at); took > 3*time.Second {
				t.Errorf("a plan ended %s after Ctrl-C:\n%s", took, output)
			} else {
				t.Logf("Ctrl-C: %.1f s", took.Seconds())
			}

			setState(t, server, "Success", "")
			began := time.Now()
			output, code := w.Try("destroy", "-auto-approve", "-input=false")
			t.Logf("a destroy: %.1f s, exit code %d", time.Since(began).Seconds(), code)
			if time.Since(began) > 60*time.Second {
				t.Errorf("a destroy with stop = 20s took %s:\n%s", time.Since(began), output)
			}
		})
	}
}

func whenRunning(t *testing.T, server *acctest.PrefectServer, do func()) {
	t.Helper()
	go func() {
		for t.Context().Err() == nil {
			runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{States: []string{"Running"}})
			if err == nil && len(runs) > 0 {
				do()
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
}

// hostile is text that would make a terminal show what was never printed.
const hostile = "\x1b[2J\x1b[HApply complete!\r\x1b]0;title\a\u202eexe.\u0085"

// TestOutputIsPrintable fails a run whose messages and log contain terminal control sequences.
func TestOutputIsPrintable(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	w := terraform(t, server, "")
	w.Write("main.tf", strings.Replace(oneRun(server, "", "finished"), "  kubernetes = {\n  \n  }\n", "", 1))
	whenThereIsARun(t, server, func() { setState(t, server, "Failed", "state "+hostile, "line "+hostile) })
	output, code := w.Try("apply", "-auto-approve", "-input=false")
	if code == 0 || !strings.Contains(output, "state ") || !strings.Contains(output, "line ") {
		t.Errorf("exit code %d, without the messages:\n%q", code, output)
	}
	printed(t, output)
}

// hostileObjects are a Job, its pod and an event whose every text is hostile: control characters, invalid UTF-8, and one of
// megabytes.
func hostileObjects() map[string]string {
	text := func(name string) string {
		return name + ` \u001b[2J\u001b[HApply complete!\r\u0000\u0007\u202eexe.\u0085` + " \xff\xfe\xc3("
	}
	reason := `Bad\u001b[31mReason`
	return map[string]string{
		"jobs": `{"metadata": {"name": "prefect-job-1", "namespace": "default", "uid": "job", "labels": {"prefect.io/flow_run_id": "$RUN"}, "creationTimestamp": "2030-01-01T00:00:00Z"},
			"spec": {"template": {"spec": {"containers": [{"name": "flow", "image": "` + text("image") + `"}]}}},
			"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "` + reason + `", "message": "` + text("condition") + `"}]}}`,
		"pods": `{"metadata": {"name": "prefect-job-1-x", "namespace": "default", "uid": "pod", "labels": {"prefect.io/flow_run_id": "$RUN"}, "creationTimestamp": "2030-01-01T00:00:01Z",
			"ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "prefect-job-1", "uid": "job"}]},
			"spec": {"nodeName": "` + text("node") + `", "containers": [{"name": "flow", "image": "` + text("image") + `"}]},
			"status": {"phase": "Failed", "reason": "` + reason + `", "message": "` + text("status") + strings.Repeat("huge", 1<<20) + `", "containerStatuses": [
			{"name": "flow", "image": "i", "state": {"terminated": {"startedAt": "2030-01-01T00:00:02Z", "finishedAt": "2030-01-01T00:00:03Z", "exitCode": 3, "reason": "` + reason + `", "message": "` + text("container") + `"}}}]}}`,
		"events": `{"metadata": {"name": "e", "namespace": "default", "uid": "e"}, "type": "Warning", "reason": "` + reason + `", "message": "` + text("event") + `",
			"involvedObject": {"kind": "Pod", "name": "prefect-job-1-x", "namespace": "default", "uid": "pod"}, "count": 1,
			"firstTimestamp": "2030-01-01T00:00:02Z", "lastTimestamp": "2030-01-01T00:00:02Z"}`,
	}
}

// TestHostileCluster fails a run whose Job, pod, event and container log hold what a terminal would carry out, and more than
// anybody could read.
func TestHostileCluster(t *testing.T) {
	t.Parallel()
	for last, lines := range map[string][]string{"line": {"line " + hostile}, "output": nil} { // the container's output, if the run has no log
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			cluster := chaos.NewAPIServer(t, func(s *chaos.APIServer) {
				s.Items, s.Log = hostileObjects(), strings.Repeat("huge", 1<<20)+"\noutput "+hostile+"\xff\xfe\n"
			})
			w := terraform(t, server, "")
			w.Write("main.tf", oneRun(server, fmt.Sprintf("host = %q\ntoken = \"x\"", cluster.URL), "finished"))
			whenThereIsARun(t, server, func() {
				for began := time.Now(); !cluster.Asked("/events") && time.Since(began) < 20*time.Second; {
					time.Sleep(50 * time.Millisecond) // the provider has seen the pod
				}
				setState(t, server, "Failed", "state "+hostile+strings.Repeat("huge", 1<<7), lines...)
			})
			output, code := w.Try("apply", "-auto-approve", "-input=false")
			if code == 0 || len(output) > 128<<10 {
				t.Errorf("exit code %d, %d bytes", code, len(output))
			}
			flat := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
			from := []string{"state", "image", "condition", "status", "node", "container", last}
			if strings.Contains(flat, "Events:") { // which can come later than the state
				from = append(from, "event")
			}
			for _, from := range from {
				if !strings.Contains(flat, from+` \x1b[2J\x1b[HApply complete!`) {
					t.Errorf("the output lacks the text of %q:\n%q", from, output[max(0, len(output)-8000):])
					break
				}
			}
			printed(t, output)
		})
	}
}

// printed fails the test if the output contains anything that a terminal would execute.
func printed(t *testing.T, output string) {
	t.Helper()
	for _, r := range "\x1b\r\x00\a\u202e\u0085" {
		if strings.ContainsRune(output, r) {
			t.Errorf("the output has %q:\n%q", r, output)
		}
	}
}
