package flowrun_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
)

// failureCase is a cause of a failure, and what its diagnostic has to say.
type failureCase struct {
	slug string
	// title is the heading in the guide.
	title    string
	template map[string]any
	// before prepares the namespace.
	before func(t *testing.T, b *clusterBench)
	// alone has no agent; silent has one that does not look after its Jobs.
	alone, silent bool
	// reported has the agent fail the run.
	reported bool
	// says is what has to be in the diagnostic, in any order, beside what the
	// recording holds.
	says []string
}

func shell(script string) map[string]any {
	return map[string]any{"command": []any{"/bin/sh", "-c", script}}
}

// untilTerminated runs until it is asked to end. The first process of a container
// has to want to hear that.
const untilTerminated = "trap 'exit 143' TERM; sleep 600 & wait"

// with adds members to a job template's spec.
func with(template map[string]any, spec map[string]any) map[string]any {
	job, _ := template["spec"].(map[string]any)
	for name, value := range spec {
		job[name] = value
	}
	return template
}

func fromSecret(source, name string) map[string]any {
	return map[string]any{"env": []any{map[string]any{
		"name": "PASSWORD", "valueFrom": map[string]any{source: map[string]any{"name": name, "key": "password"}},
	}}}
}

func evicted(template map[string]any) map[string]any {
	return with(template, map[string]any{"template": map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{"node.devstack/evict-after": "500ms"}},
		"spec":     map[string]any{"containers": []any{map[string]any{"name": "flow", "command": []any{"/bin/sh", "-c", "sleep 600"}}}, "restartPolicy": "Never"},
	}})
}

// failureCases are in the order of the guide.
func failureCases() []failureCase {
	return []failureCase{
		{slug: "no-agent", title: "No agent", alone: true, says: []string{`labels "k8s"`}},
		{
			slug: "dead-agent", title: "Dead agent", alone: true,
			before: func(_ *testing.T, b *clusterBench) { b.deadAgent() }, says: []string{`"nightly-agent" (labels "k8s"`},
		},
		{
			slug: "label-mismatch", title: "Labels that no agent has", alone: true,
			before: func(_ *testing.T, b *clusterBench) { b.registerAgent("gpu-agent", "gpu", "west") }, says: []string{`"gpu-agent" (labels "gpu", "west"`},
		},
		{
			slug: "unschedulable", title: "Unschedulable pod", template: jobTemplate(nil, map[string]any{"nodeSelector": map[string]any{"disk": "unobtainium"}}),
			says: []string{"FailedScheduling", "node affinity/selector"},
		},
		{
			slug: "quota", title: "Resource quota", before: smallQuota,
			template: jobTemplate(map[string]any{"resources": map[string]any{"limits": map[string]any{"cpu": "2", "memory": "1Gi"}}}, nil),
			says:     []string{"FailedCreate", "exceeded quota: small"},
		},
		{
			slug: "admission", title: "Admission refuses the pod", before: restricted,
			template: jobTemplate(nil, nil), says: []string{"FailedCreate", "violates PodSecurity"},
		},
		{
			slug: "admission-webhook", title: "Admission webhook refuses the pod", before: guarded,
			template: jobTemplate(nil, nil), says: []string{"FailedCreate", `admission webhook "pods.guard.example.com" denied the request`},
		},
		{
			slug: "service-account", title: "Missing service account", template: jobTemplate(nil, map[string]any{"serviceAccountName": "robot"}),
			says: []string{"FailedCreate", `serviceaccount "robot" not found`},
		},
		{
			slug: "invalid-image", title: "Invalid image name", template: jobTemplate(map[string]any{"image": "Registry/My Flow:latest"}, nil),
			says: []string{"container flow (Registry/My Flow:latest): waiting (InvalidImageName)", "InspectFailed"},
		},
		{
			slug: "image-pull", title: "Image that cannot be pulled", template: jobTemplate(map[string]any{"image": "registry.invalid/flows/etl:1"}, nil),
			says: []string{"container flow (registry.invalid/flows/etl:1): waiting", "no such host", "Failed to pull image"},
		},
		{
			slug: "missing-secret", title: "Missing secret", template: jobTemplate(fromSecret("secretKeyRef", "db"), nil),
			says: []string{"waiting (CreateContainerConfigError)", `secret "db" not found`, "Failed: Error"},
		},
		{
			slug: "missing-config-map", title: "Missing config map", template: jobTemplate(fromSecret("configMapKeyRef", "settings"), nil),
			says: []string{"waiting (CreateContainerConfigError)", `configmap "settings" not found`, "Failed: Error"},
		},
		{
			slug: "missing-volume", title: "Missing secret or config map of a volume",
			template: jobTemplate(
				map[string]any{"volumeMounts": []any{map[string]any{"name": "credentials", "mountPath": "/credentials"}}},
				map[string]any{"volumes": []any{map[string]any{"name": "credentials", "secret": map[string]any{"secretName": "db"}}}}),
			says: []string{"waiting (ContainerCreating)", "FailedMount", `secret "db" not found`},
		},
		{
			slug: "crash", reported: true, title: "Container that fails", template: jobTemplate(shell("echo 'ModuleNotFoundError: No module named prefect' >&2; exit 3"), nil),
			says: []string{"failed (BackoffLimitExceeded)", "ended with exit code 3 (Error)", "ModuleNotFoundError"},
		},
		{
			// The virtual node has all images, and Prefect in each that does not look for it elsewhere.
			slug: "command-not-found", reported: true, title: "Image without Prefect", template: jobTemplate(map[string]any{
				"image": "registry.example.com/flows/bare:1", "env": []any{map[string]any{"name": "PATH", "value": "/nowhere"}},
			}, nil),
			says: []string{"exit code 128 (StartError)", "executable file not found"},
		},
		{
			slug: "out-of-memory", reported: true, title: "Out of memory",
			template: jobTemplate(map[string]any{
				"command":   []any{"/bin/sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); sleep 600"},
				"resources": map[string]any{"limits": map[string]any{"memory": "64Mi"}},
			}, nil),
			says: []string{"failed (BackoffLimitExceeded)", "ended with exit code 137 (OOMKilled)"},
		},
		{
			slug: "evicted", reported: true, title: "Evicted pod", template: evicted(jobTemplate(nil, nil)),
			says: []string{"Failed (Evicted)", "low on resource: memory", "Evicted: The node was low"},
		},
		{
			// Silent, so that the Job is not deleted just before it is seen to have ended.
			slug: "job-deadline", silent: true, title: "Deadline of the Job", template: with(jobTemplate(shell(untilTerminated), map[string]any{"terminationGracePeriodSeconds": 1}), map[string]any{"activeDeadlineSeconds": 8}),
			says: []string{"failed (DeadlineExceeded)", "exit code 143"},
		},
		{
			slug: "pod-deadline", reported: true, title: "Deadline of the pod", template: jobTemplate(shell(untilTerminated), map[string]any{"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 1}),
			says: []string{"Failed (DeadlineExceeded)", "exit code 143"},
		},
		{
			slug: "backoff-limit", title: "Back-off limit", silent: true, template: with(jobTemplate(shell("exit 1"), nil), map[string]any{"backoffLimit": 1}),
			says: []string{"failed (BackoffLimitExceeded)", "exit code 1 (Error)"},
		},
		{
			slug: "suspended", title: "Suspended Job", silent: true, template: with(jobTemplate(nil, nil), map[string]any{"suspend": true}),
			says: []string{"Suspended: Job suspended"},
		},
		{
			slug: "pod-failure-policy", title: "Pod failure policy", silent: true,
			template: with(jobTemplate(shell("exit 3"), nil), map[string]any{"backoffLimit": 3, "podFailurePolicy": map[string]any{"rules": []any{
				map[string]any{"action": "FailJob", "onExitCodes": map[string]any{"operator": "In", "values": []any{3}}},
			}}}),
			says: []string{"failed (PodFailurePolicy)", "exit code 3"},
		},
		{
			slug: "failed-indexes", title: "Failed indexes", silent: true,
			template: with(jobTemplate(shell("exit 1"), nil), map[string]any{
				"completionMode": "Indexed", "completions": 1, "parallelism": 1, "backoffLimit": nil, "backoffLimitPerIndex": 0,
			}),
			says: []string{"failed (FailedIndexes)", "exit code 1 (Error)"},
		},
		{
			slug: "crash-loop", title: "Container that is restarted again and again", template: with(jobTemplate(shell("exit 2"), map[string]any{"restartPolicy": "OnFailure"}), map[string]any{"backoffLimit": 6}),
			says: []string{"waiting (CrashLoopBackOff)", "last exit code 2 (Error)"},
		},
		{
			slug: "usage", title: "Command that does not run the flow", silent: true,
			template: jobTemplate(map[string]any{"command": []any{"/bin/sh", "-c"}}, nil),
			says:     []string{": complete", "ended with exit code 0 and printed how `prefect` is used", "Show this message and exit."},
		},
	}
}

func smallQuota(t *testing.T, b *clusterBench) {
	t.Helper()
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "small"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceLimitsCPU: apiresource.MustParse("1")}},
	}
	if _, err := b.cluster.Set.CoreV1().ResourceQuotas(b.cluster.Namespace).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// restricted has the namespace admit only pods of the restricted standard.
func restricted(t *testing.T, b *clusterBench) {
	t.Helper()
	patch := []byte(`{"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}`)
	_, err := b.cluster.Set.CoreV1().Namespaces().Patch(t.Context(), b.cluster.Namespace, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// guarded has a webhook refuse every pod of the namespace.
func guarded(t *testing.T, b *clusterBench) {
	t.Helper()
	acctest.Webhook(t, b.cluster, "pods", denied("images must come from registry.example.com"))
	b.untilRefused("pods")
}

// TestAccFlowRun_causes has every cause of a failure happen on a real control
// plane, and compares the one diagnostic that it ends in with what is recorded
// in testdata/causes, of which the guide is made.
func TestAccFlowRun_causes(t *testing.T) {
	t.Parallel()
	for _, c := range failureCases() {
		t.Run(c.slug, func(t *testing.T) {
			t.Parallel()
			b := c.bench(t)
			timeouts := map[string]any{"agent": "1s", "pod_start": "6s", "lost_job": "2s"}
			if b.cluster.RealNodes(t) {
				if c.slug == "evicted" {
					t.Skip("needs the virtual node, which evicts pods when asked to; TestAccFlowRun_realNodeFailure has a real eviction")
				}
				if c.slug == "crash-loop" {
					timeouts["pod_start"] = "40s" // a kubelet takes longer to restart a container
				}
			}
			if c.reported {
				timeouts["lost_job"] = "1m"
			}
			config := map[string]any{"flow_id": b.flow, "name": "nightly", "timeouts": timeouts}
			session := acctest.Connect(t, b.PrefectServer, b.cluster)
			applied := session.Create("prefect_flow_run", config)
			if len(applied.Diagnostics) != 1 || applied.Diagnostics[0].Warning {
				t.Fatalf("want one error, got:\n%s", applied)
			}
			if c.slug == "crash-loop" && b.cluster.RealNodes(t) {
				// Between an end and its back-off the state is another one for an instant.
				c.says = []string{"crashed", "ended with exit code 2 (Error)", "The process ends before it executes the flow"}
				c.check(t, applied.Diagnostics[0])
				return
			}
			c.compare(t, applied.Diagnostics[0])

			// The same as a warning.
			config["on_failure"], config["on_timeout"] = "warn", "warn"
			warned := session.Create("prefect_flow_run", config)
			if len(warned.Diagnostics) != 1 || !warned.Diagnostics[0].Warning {
				t.Fatalf("want one warning, got:\n%s", warned)
			}
			if !acctest.Update() {
				c.compare(t, warned.Diagnostics[0])
			}
			if warned.At("id") == nil {
				t.Error("the run is not in the state")
			}
		})
	}
}

func (c failureCase) bench(t *testing.T) *clusterBench {
	t.Helper()
	cluster := acctest.Cluster(t)
	server, skew := skewedServer(t)
	flow := flowJSON("etl")
	flow["run_config"] = kubernetesRun(map[string]any{"job_template": c.template}, "k8s")
	b := &clusterBench{bench: benchOn(t, server, flow), cluster: cluster, skew: skew}
	if c.before != nil {
		c.before(t, b)
	}
	if !c.alone {
		b.agent(func(o *agent.Options) {
			// Real agents look every minute: the Job is over by then, and is deleted.
			o.JobManagementInterval, o.DeleteFinishedJobs = 5*time.Second, true
			if c.silent {
				o.JobManagementInterval = time.Hour
			}
		})
	}
	return b
}

// deadAgent makes an agent that asked for work two hours ago.
func (b *clusterBench) deadAgent() {
	b.t.Helper()
	acctest.RequireEmbedded(b.t, b.PrefectServer)
	b.skew.Store(int64(-2 * time.Hour))
	defer b.skew.Store(0)
	stop := acctest.AgentWith(b.t, b.PrefectServer, b.cluster, func(o *agent.Options) { o.Name, o.Labels = "nightly-agent", []string{"k8s"} })
	defer stop()
	until(b.t, "the agent asks for work", func() bool {
		agents, err := b.Client.ListAgents(context.Background())
		return err == nil && len(agents) == 1 && agents[0].LastQueried != nil
	})
}

func (c failureCase) file() string { return filepath.Join("testdata", "causes", c.slug+".txt") }

// compare compares a diagnostic with the recorded one: all but the lists of
// events and log lines, which are not the same every time.
func (c failureCase) compare(t *testing.T, d acctest.Diagnostic) {
	t.Helper()
	text := c.check(t, d)
	if acctest.Update() && !t.Failed() {
		if err := os.MkdirAll(filepath.Dir(c.file()), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.file(), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	recorded, err := os.ReadFile(c.file())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSuffix(string(recorded), "\n")
	if d.Warning { // then it is accepted already
		want = strings.Replace(want, " To accept the result, set `on_failure = \"warn\"` or add the state to `success_states`. Until then, every apply reports this error.", "", 1)
	}
	if got, want := timeless(text), timeless(want); got != want {
		t.Errorf("got:\n%s\n\nrecorded, without events and log:\n%s", got, want)
	}
}

// check looks for what the diagnostic has to say, and returns it with plain names.
func (c failureCase) check(t *testing.T, d acctest.Diagnostic) string {
	t.Helper()
	text := plainNames(d.Summary + "\n\n" + d.Detail)
	for _, part := range c.says {
		if !strings.Contains(text, part) {
			t.Errorf("does not say %q:\n%s", part, text)
		}
	}
	return text
}

// stable is a diagnostic without its lists.
func stable(text string) string {
	var kept []string
	for _, paragraph := range strings.Split(text, "\n\n") {
		if !strings.HasPrefix(paragraph, "Events:") && !strings.HasPrefix(paragraph, "Last log lines") && !strings.HasPrefix(paragraph, "Last lines of") {
			kept = append(kept, paragraph)
		}
	}
	return strings.Join(kept, "\n\n")
}

// timeless is a diagnostic without its lists and without what changes from one
// second to the next: a kubelet alternates between pulling an image and waiting to
// do so. Schedulers of some Kubernetes versions mention claims.
func timeless(text string) string {
	text = regexp.MustCompile(`Back-off pulling image "[^"]+": ErrImagePull: `).ReplaceAllString(stable(text), "")
	text = strings.ReplaceAll(text, "no new claims to deallocate, ", "")
	text = waitingPod.ReplaceAllString(text, "${1}: Pending\n${2}") // the agent deletes the Job once it has failed the run
	return strings.ReplaceAll(text, "(ImagePullBackOff)", "(ErrImagePull)")
}

// waitingPod is a pod that cannot get its image, before or after its Job is deleted.
var waitingPod = regexp.MustCompile(`(?m)^(  pod .*): (?:Pending|Failed)\n(    container .*: waiting \((?:ErrImagePull|ImagePullBackOff)\))`)

// plainNames replaces what is different every time.
func plainNames(text string) string {
	for _, r := range [][2]string{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "7a3c0f5e-2b6d-4c19-9a55-0c1d2e3f4a5b"},
		{`prefect-job-[0-9a-f]{8}-0-[0-9a-z]{5}\b`, "prefect-job-4be1c2a9-0-x7k2p"},
		{`prefect-job-[0-9a-f]{8}-[0-9a-z]{5}\b`, "prefect-job-4be1c2a9-x7k2p"},
		{`prefect-job-[0-9a-f]{8}`, "prefect-job-4be1c2a9"},
		{`prefect-job-4be1c2a9-[0-9a-z]{5}_prefect-acc-[0-9a-f]{10}`, "prefect-job-4be1c2a9-x7k2p_flows"},
		{`prefect-acc-[0-9a-f]{10}`, "flows"},
		{`\bacc-[0-9a-f]{10}`, "k8s-agent"},
		{`devstack-node`, "node-1"},
		{`, deleted since`, ""},
		{` on 198\.1[89][.\d]+:53: no such host`, ": no such host"},
		{`deleted before it had ended`, "active"}, // the agent may be faster
		{`2h0m\ds ago`, "2h0m0s ago"},
		{`\b\d\d:\d\d:\d\d\b`, "08:00:00"},
		{`within (6|40)s`, "within 10m0s"},
		{` \(\d+ times\)`, ""},
		{`last asked for work (just now|\d+s ago)`, "last asked for work 5s ago"},
		{`crashed \d times`, "crashed 2 times"},
		{`restarted \d time\(s\)`, "restarted 2 time(s)"},
		{`back-off \d+m?s`, "back-off 20s"},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

const guideFile = "../../templates/guides/flow-run-failures.md"

// TestFailureGuide checks that the guide shows the recorded diagnostics.
func TestFailureGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- recorded: go test ./internal/flowrun -run TestFailureGuide -update -->\n", "<!-- end of what is recorded -->\n"
	head, rest, found := strings.Cut(string(guide), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the marks of what is recorded", guideFile)
	}
	want := head + begin + guideBody(t) + end + tail
	if want == string(guide) {
		return
	}
	if !acctest.Update() {
		t.Fatalf("%s does not show what is recorded; run this test with -update", guideFile)
	}
	if err := os.WriteFile(guideFile, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// guideBody is the table and the diagnostics.
func guideBody(t *testing.T) string {
	t.Helper()
	var table, full strings.Builder
	table.WriteString("\n| Cause | Headline | What it says | What to do |\n|---|---|---|---|\n")
	for _, c := range failureCases() {
		recorded, err := os.ReadFile(c.file())
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(string(recorded), "\n")
		paragraphs := strings.Split(stable(text), "\n\n")
		if len(paragraphs) < 4 {
			t.Fatalf("%s is too short", c.file())
		}
		advice := paragraphs[3]
		if strings.HasPrefix(advice, "Job ") && len(paragraphs) > 4 {
			advice = paragraphs[4]
		}
		cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace
		fmt.Fprintf(&table, "| [%s](#%s) | %s | %s | %s |\n", c.title, anchor(c.title), cell(paragraphs[0]), cell(paragraphs[2]), cell(advice))
		fmt.Fprintf(&full, "\n### %s\n\n```text\nError: %s\n```\n", c.title, text)
	}
	return table.String() + "\n## The diagnostics in full\n" + full.String() + "\n"
}

func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(title, ",", "")), " ", "-")
}
