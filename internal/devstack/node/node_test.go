//go:build unix

package node_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/node"
)

func TestPodSucceeds(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	begin := time.Now()
	pod := create(t, client, ns, shell("echo one; echo two; echo three"))
	pod = until(t, client, pod, "success", phase(corev1.PodSucceeded))
	t.Logf("succeeded after %s", time.Since(begin).Round(time.Millisecond))
	if end := terminated(pod); end.ExitCode != 0 || end.Reason != "Completed" || end.StartedAt.IsZero() || end.FinishedAt.IsZero() {
		t.Errorf("end: %+v", end)
	}
	if pod.Spec.NodeName != "test-node" || pod.Status.PodIP == "" || pod.Status.HostIP == "" || pod.Status.StartTime == nil {
		t.Errorf("pod: %+v", pod.Status)
	}
	tail := int64(2)
	if got := logs(t, client, pod, corev1.PodLogOptions{TailLines: &tail}); got != "two\nthree\n" {
		t.Errorf("the log's tail: %q", got)
	}
	for reason, text := range map[string]string{
		"Scheduled": "Successfully assigned", "Pulled": "already present on machine",
		"Created": "Created container: main", "Started": "Started container main",
	} {
		untilEvent(t, client, pod, reason, text)
	}
}

func TestPodFailsWithItsExitCode(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	pod := create(t, client, ns, shell("echo broken >&2; exit 3", func(p *corev1.Pod) {
		p.Spec.Containers[0].TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	}))
	pod = until(t, client, pod, "failure", phase(corev1.PodFailed))
	if end := terminated(pod); end.ExitCode != 3 || end.Reason != "Error" || end.Message != "broken\n" {
		t.Errorf("end: %+v", end)
	}
}

func TestLogsAreFollowed(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	pod := create(t, client, ns, shell("echo before; read line <"+gate+"; echo $line"))
	until(t, client, pod, "running", phase(corev1.PodRunning))
	stream, err := client.CoreV1().Pods(ns).GetLogs(pod.Name, &corev1.PodLogOptions{Follow: true}).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	scanner := bufio.NewScanner(stream)
	if !scanner.Scan() || scanner.Text() != "before" {
		t.Fatalf("first line: %q", scanner.Text())
	}
	if err := os.WriteFile(gate, []byte("after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !scanner.Scan() || scanner.Text() != "after" {
		t.Errorf("second line: %q", scanner.Text())
	}
	if scanner.Scan() {
		t.Errorf("more than was written: %q", scanner.Text())
	}
}

func TestEnvironmentIsThePodsOwn(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	if _, err := client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"COLOUR": "blue", "key": "map"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "secret"}, StringData: map[string]string{"key": "secret"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := create(t, client, ns, shell("env", func(p *corev1.Pod) {
		p.Labels = map[string]string{"team": "data"}
		c := &p.Spec.Containers[0]
		c.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}
		c.EnvFrom = []corev1.EnvFromSource{{Prefix: "X_", ConfigMapRef: &corev1.ConfigMapEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "settings"},
		}}}
		settings := corev1.LocalObjectReference{Name: "settings"}
		c.Env = []corev1.EnvVar{
			{Name: "POD", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
			{Name: "NODE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "spec.nodeName"}}},
			{Name: "TEAM", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['team']"}}},
			{Name: "FROM_MAP", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: settings, Key: "key"}}},
			{Name: "FROM_SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "secret"}, Key: "key",
			}}},
			{Name: "MEMORY", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{
				Resource: "limits.memory", Divisor: resource.MustParse("1Mi"),
			}}},
			{Name: "BOTH", Value: "$(FROM_MAP)-$$(X)-$(MISSING)-$(FROM_SECRET)"},
		}
	}))
	pod = until(t, client, pod, "success", phase(corev1.PodSucceeded))
	got := map[string]string{}
	for line := range strings.Lines(logs(t, client, pod, corev1.PodLogOptions{})) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		got[name] = value
	}
	for name, want := range map[string]string{
		"POD": pod.Name, "NODE": "test-node", "TEAM": "data", "FROM_MAP": "map", "FROM_SECRET": "secret", "MEMORY": "64",
		"BOTH": "map-$(X)-$(MISSING)-secret", "X_COLOUR": "blue", "HOSTNAME": pod.Name,
	} {
		if got[name] != want {
			t.Errorf("%s: %q, not %q", name, got[name], want)
		}
	}
	if _, leaked := got["GOCACHE"]; leaked || len(got) > 18 {
		t.Errorf("the machine's environment got into the container: %v", got)
	}
}

func TestMissingSecretKeepsTheContainerFromStarting(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	pod := create(t, client, ns, shell("echo $PASSWORD", func(p *corev1.Pod) {
		p.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "later"}, Key: "password"},
		}}}
	}))
	found := until(t, client, pod, "CreateContainerConfigError", waiting("CreateContainerConfigError"))
	if message := found.Status.ContainerStatuses[0].State.Waiting.Message; message != `secret "later" not found` {
		t.Errorf("message: %s", message)
	}
	untilEvent(t, client, pod, "Failed", `Error: secret "later" not found`)
	if _, err := client.CoreV1().Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "later"}, StringData: map[string]string{"password": "pass"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, client, pod, "success once the secret is there", phase(corev1.PodSucceeded))
}

func TestDeletionTerminatesGracefully(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	marker := filepath.Join(t.TempDir(), "marker")
	pod := create(t, client, ns, shell("trap 'echo bye >"+marker+"; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
	until(t, client, pod, "running", phase(corev1.PodRunning))
	eventually(t, "the trap", func() bool { return logs(t, client, pod, corev1.PodLogOptions{}) == "up\n" })
	if err := client.CoreV1().Pods(ns).Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, client, pod)
	if content, err := os.ReadFile(marker); err != nil || string(content) != "bye\n" {
		t.Errorf("the process was not asked to end: %q, %v", content, err)
	}
	untilEvent(t, client, pod, "Killing", "Stopping container main")
}

func TestDeletionKillsAfterTheGracePeriod(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	pod := create(t, client, ns, shell("trap '' TERM; echo $$; sleep 1000 & wait; sleep 1000", func(p *corev1.Pod) {
		p.Finalizers = []string{"example.com/keep"}
	}))
	until(t, client, pod, "running", phase(corev1.PodRunning))
	grace := int64(1)
	if err := client.CoreV1().Pods(ns).Delete(t.Context(), pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &grace}); err != nil {
		t.Fatal(err)
	}
	found := until(t, client, pod, "failure", phase(corev1.PodFailed))
	if end := terminated(found); end.ExitCode != 137 {
		t.Errorf("end: %+v", end)
	}
	if _, err := client.CoreV1().Pods(ns).Patch(t.Context(), pod.Name, "application/merge-patch+json",
		[]byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, client, pod)
}

func TestRestartPolicyOnFailure(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	count := filepath.Join(t.TempDir(), "count")
	pod := create(t, client, ns, shell("echo x >>"+count+"; [ $(wc -l <"+count+") -ge 3 ]", func(p *corev1.Pod) {
		p.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	}))
	until(t, client, pod, "back-off", waiting("CrashLoopBackOff"))
	untilEvent(t, client, pod, "BackOff", "Back-off restarting failed container main")
	found := until(t, client, pod, "success", phase(corev1.PodSucceeded))
	if c := found.Status.ContainerStatuses[0]; c.RestartCount != 2 || c.LastTerminationState.Terminated == nil {
		t.Errorf("restarts: %+v", c)
	}
}

func TestJobSucceedsAndFailsAfterItsBackoffLimit(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	for name, script := range map[string]string{"good": "exit 0", "bad": "exit 1"} {
		limit := int32(0)
		if _, err := client.BatchV1().Jobs(ns).Create(t.Context(), &batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       batchv1.JobSpec{BackoffLimit: &limit, Template: corev1.PodTemplateSpec{Spec: shell(script).Spec}},
		}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	condition := func(name string, wanted batchv1.JobConditionType) func() bool {
		return func() bool {
			job, err := client.BatchV1().Jobs(ns).Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				return false
			}
			for _, c := range job.Status.Conditions {
				if c.Type == wanted && c.Status == corev1.ConditionTrue {
					return true
				}
			}
			return false
		}
	}
	eventually(t, "complete job", condition("good", batchv1.JobComplete))
	eventually(t, "failed job", condition("bad", batchv1.JobFailed))
}

func TestImagesThatCannotBePulled(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	image := func(name string, policy corev1.PullPolicy) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Containers[0].Image, p.Spec.Containers[0].ImagePullPolicy = name, policy
		}
	}
	pull := create(t, client, ns, shell("true", image("registry.invalid/team/flow:1", corev1.PullIfNotPresent)))
	malformed := create(t, client, ns, shell("true", image("Not//An:Image", corev1.PullIfNotPresent)))
	never := create(t, client, ns, shell("true", image("registry.invalid/team/flow:1", corev1.PullNever)))
	until(t, client, pull, "ErrImagePull", waiting("ErrImagePull"))
	until(t, client, pull, "ImagePullBackOff", waiting("ImagePullBackOff"))
	untilEvent(t, client, pull, "Failed", `Failed to pull image "registry.invalid/team/flow:1"`)
	untilEvent(t, client, pull, "BackOff", "Back-off pulling image")
	until(t, client, malformed, "InvalidImageName", waiting("InvalidImageName"))
	until(t, client, never, "ErrImageNeverPull", waiting("ErrImageNeverPull"))
	if err := client.CoreV1().Pods(ns).Delete(t.Context(), pull.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	untilGone(t, client, pull)
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	// tail keeps everything it has read until a line ends, and here none does.
	pod := create(t, client, ns, shell("tail /dev/zero", func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}
	}))
	pod = until(t, client, pod, "failure", phase(corev1.PodFailed))
	if end := terminated(pod); end.ExitCode != 137 || end.Reason != "OOMKilled" {
		t.Errorf("end: %+v", end)
	}
}

func TestDeadlineAndEviction(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	seconds := int64(1)
	late := create(t, client, ns, shell("sleep 1000", func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = &seconds }))
	evicted := create(t, client, ns, shell("sleep 1000", func(p *corev1.Pod) {
		p.Annotations = map[string]string{node.EvictAfterAnnotation: "200ms"}
	}))
	for reason, pod := range map[string]*corev1.Pod{"DeadlineExceeded": late, "Evicted": evicted} {
		if found := until(t, client, pod, reason, phase(corev1.PodFailed)); found.Status.Reason != reason || found.Status.Message == "" {
			t.Errorf("status: %+v", found.Status)
		}
	}
}

func TestFlowRunCommandIsReplaced(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	for name, command := range map[string][]string{
		"plain": nil, "wrapped": {"tini", "-g", "--", "entrypoint.sh"},
	} {
		pod := create(t, client, ns, shell("", func(p *corev1.Pod) {
			p.Name = name
			c := &p.Spec.Containers[0]
			c.Command, c.Args = command, []string{"prefect", "execute", "flow-run"}
			c.Env = []corev1.EnvVar{{Name: "PREFECT__CONTEXT__FLOW_RUN_ID", Value: "the-id"}}
		}))
		pod = until(t, client, pod, "success", phase(corev1.PodSucceeded))
		if log := logs(t, client, pod, corev1.PodLogOptions{}); !strings.HasSuffix(log, "flow run the-id\n") || !strings.Contains(log, "virtual node: ") {
			t.Errorf("log: %q", log)
		}
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	pod := create(t, client, ns, shell("", func(p *corev1.Pod) { p.Spec.Containers[0].Command = []string{"no-such-program"} }))
	pod = until(t, client, pod, "failure", phase(corev1.PodFailed))
	if end := terminated(pod); end.ExitCode != 128 || end.Reason != "StartError" || !strings.Contains(end.Message, "executable file not found in $PATH") {
		t.Errorf("end: %+v", end)
	}
}

func TestInitContainersRunFirst(t *testing.T) {
	t.Parallel()
	client, ns := namespace(t)
	file := filepath.Join(t.TempDir(), "file")
	init := func(script string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			c := p.Spec.Containers[0]
			c.Name, c.Args = "init", []string{script}
			p.Spec.InitContainers = []corev1.Container{c}
		}
	}
	good := create(t, client, ns, shell("cat "+file, init("echo made >"+file)))
	good = until(t, client, good, "success", phase(corev1.PodSucceeded))
	if log := logs(t, client, good, corev1.PodLogOptions{Container: "main"}); log != "made\n" {
		t.Errorf("log: %q", log)
	}
	bad := create(t, client, ns, shell("true", init("exit 4")))
	bad = until(t, client, bad, "failure", phase(corev1.PodFailed))
	if code := bad.Status.InitContainerStatuses[0].State.Terminated.ExitCode; code != 4 {
		t.Errorf("exit code: %d", code)
	}
}
