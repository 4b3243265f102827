package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubefake"
)

const (
	namespace   = "flows"
	testTimeout = 30 * time.Second
)

// stack is an embedded Server with a flow, and a fake cluster.
type stack struct {
	t       *testing.T
	api     *api
	url     string
	tenant  string
	flow    string
	cluster *fake.Clientset
}

func newStack(t *testing.T) *stack {
	t.Helper()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	s := &stack{t: t, url: web.URL, api: &api{url: web.URL, client: web.Client()}, cluster: fake.NewClientset()}
	s.tenant = s.create("create_tenant", map[string]any{"name": "Team", "slug": "team"})
	project := s.create("create_project", map[string]any{"tenant_id": s.tenant, "name": "p"})
	s.flow = s.create("create_flow", map[string]any{"project_id": project, "serialized_flow": map[string]any{
		"name": "f", "__version__": "1.4.1", "tasks": []any{}, "edges": []any{}, "parameters": []any{},
		"storage":    map[string]any{"type": "Module", "module": "m"},
		"run_config": map[string]any{"type": "KubernetesRun", "labels": []any{"here"}, "image": "image:1"},
	}})
	return s
}

func (s *stack) create(mutation string, fields map[string]any) string {
	s.t.Helper()
	var out map[string]struct{ ID string }
	query := fmt.Sprintf("mutation($input: %[1]s_input!) { %[1]s(input: $input) { id } }", mutation)
	if err := s.api.do(s.t.Context(), query, input(fields), &out); err != nil {
		s.t.Fatalf("%s: %v", mutation, err)
	}
	return out[mutation].ID
}

func (s *stack) run(fields map[string]any) string {
	s.t.Helper()
	in := map[string]any{"flow_id": s.flow}
	for k, v := range fields {
		in[k] = v
	}
	return s.create("create_flow_run", in)
}

type runRecord struct {
	State        string
	StateMessage string `json:"state_message"`
	Agent        *struct{ Name, Type string }
	Logs         []struct{ Name, Level, Message string }
}

func (s *stack) read(id string) runRecord {
	s.t.Helper()
	var out struct {
		Run runRecord `json:"flow_run_by_pk"`
	}
	query := fmt.Sprintf("query { flow_run_by_pk(id: %q) { state state_message agent { name type } logs(order_by: {timestamp: asc}) { name level message } } }", id)
	if err := s.api.do(s.t.Context(), query, nil, &out); err != nil {
		s.t.Fatal(err)
	}
	return out.Run
}

// await polls a run until the condition holds.
func (s *stack) await(id, what string, condition func(runRecord) bool) runRecord {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), testTimeout)
	defer cancel()
	for {
		record := s.read(id)
		if condition(record) {
			return record
		}
		if !sleep(ctx, 5*time.Millisecond) {
			s.t.Fatalf("never saw %s; last: %+v", what, record)
		}
	}
}

func (s *stack) agent(options Options) *Agent {
	s.t.Helper()
	options.API, options.Kubernetes = s.url, kubefake.New(s.cluster, namespace)
	options.PollInterval = 5 * time.Millisecond
	if options.Labels == nil {
		options.Labels = []string{"here", "there"}
	}
	a, err := New(options)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// start runs an agent until the test ends; the function it returns stops it before.
func (s *stack) start(options Options) (stop func()) {
	s.t.Helper()
	a := s.agent(options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *stack) jobs() []batchv1.Job {
	s.t.Helper()
	list, err := s.cluster.BatchV1().Jobs(namespace).List(s.t.Context(), metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

func TestAgentDeploysMatchingRun(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	foreign := s.run(map[string]any{"labels": []any{"elsewhere"}})
	unlabelled := s.run(map[string]any{"labels": []any{}})
	later := s.run(map[string]any{"scheduled_start_time": time.Now().Add(time.Hour).Format(time.RFC3339)})
	run := s.run(nil)
	stop := s.start(Options{Name: "mine"})
	record := s.await(run, "the log line", func(r runRecord) bool { return len(r.Logs) > 0 })
	stop()

	jobs := s.jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d Jobs", len(jobs))
	}
	job := jobs[0]
	if !regexp.MustCompile(`^prefect-job-[0-9a-f]{8}$`).MatchString(job.Name) || job.Labels[jobspec.LabelFlowRunID] != run ||
		job.Labels[jobspec.LabelFlowID] != s.flow || job.Spec.Template.Spec.Containers[0].Image != "image:1" {
		t.Errorf("Job %+v", job)
	}
	if record.State != "Submitted" || record.StateMessage != "Submitted for execution" || record.Agent == nil || record.Agent.Name != "mine" || record.Agent.Type != "KubernetesAgent" {
		t.Errorf("run %+v", record)
	}
	if got := record.Logs[0]; got.Message != "Submitted for execution: Job "+job.Name || got.Name != "mine" || got.Level != "INFO" {
		t.Errorf("log %+v", got)
	}
	env := map[string]string{}
	for _, v := range job.Spec.Template.Spec.Containers[0].Env {
		env[v.Name] = v.Value
	}
	if env["PREFECT__CLOUD__API"] != s.url || env["PREFECT__CLOUD__AGENT__LABELS"] != "['here', 'there']" || env["PREFECT__CONTEXT__FLOW_RUN_ID"] != run {
		t.Errorf("environment %v", env)
	}
	for _, id := range []string{foreign, unlabelled, later} {
		if got := s.read(id); got.State != "Scheduled" {
			t.Errorf("run %s is %s", id, got.State)
		}
	}
}

func TestAgentFailsRunsItCannotDeploy(t *testing.T) {
	t.Parallel()
	labels := []any{"here"}
	for name, c := range map[string]struct {
		config map[string]any
		answer error
		says   string
	}{
		"another run config": {map[string]any{"type": "DockerRun", "labels": labels}, nil, "of type `DockerRun`, only `KubernetesRun` is supported"},
		"no pod":             {map[string]any{"type": "KubernetesRun", "labels": labels, "job_template": map[string]any{"kind": "Job"}}, nil, "spec.template.spec"},
		"remote template":    {map[string]any{"type": "KubernetesRun", "labels": labels, "job_template_path": "s3://b/t.yaml"}, nil, "s3://b/t.yaml"},
		"missing template":   {map[string]any{"type": "KubernetesRun", "labels": labels, "job_template_path": "agent:///no/such/file.yaml"}, nil, "no such file"},
		"refused": {
			nil, apierrors.NewForbidden(schema.GroupResource{Group: "batch", Resource: "jobs"}, "x", errors.New("exceeded quota: small")),
			"(403)\nReason: Forbidden\nHTTP response headers: HTTPHeaderDict({'Content-Type': 'application/json'})\nHTTP response body: {\"kind\":\"Status\"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.cluster.PrependReactor("create", "jobs", func(ktesting.Action) (bool, runtime.Object, error) {
				return c.answer != nil, nil, c.answer
			})
			fields := map[string]any{}
			if c.config != nil {
				fields["run_config"] = c.config
			}
			run := s.run(fields)
			s.start(Options{})
			record := s.await(run, "failure", func(r runRecord) bool { return r.State == "Failed" })
			if !strings.Contains(record.StateMessage, c.says) {
				t.Errorf("message %s", record.StateMessage)
			}
			if len(record.Logs) != 1 || record.Logs[0].Level != "ERROR" || record.Logs[0].Message != record.StateMessage {
				t.Errorf("logs %+v", record.Logs)
			}
		})
	}
}

// TestAgentFinishesWhatItBegan: a run that was marked Submitted gets its Job although the agent is told to stop.
func TestAgentFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	creating, release := make(chan struct{}), make(chan struct{})
	s.cluster.PrependReactor("create", "jobs", func(ktesting.Action) (bool, runtime.Object, error) {
		close(creating)
		<-release
		return false, nil, nil
	})
	run := s.run(nil)
	stop := s.start(Options{})
	<-creating
	go close(release)
	stop()
	if jobs := s.jobs(); len(jobs) != 1 {
		t.Errorf("%d Jobs", len(jobs))
	}
	if got := s.read(run); got.State != "Submitted" || len(got.Logs) != 1 {
		t.Errorf("run %+v", got)
	}
}

func TestAgentStopsWhileIdle(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	a := s.agent(Options{})
	a.options.PollInterval = time.Hour
	polled := make(chan struct{}, 1)
	a.api.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := http.DefaultTransport.RoundTrip(r)
		if r.Header.Get("X-Prefect-Agent-Id") != "" {
			select {
			case polled <- struct{}{}:
			default:
			}
		}
		return response, err
	})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-polled
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(testTimeout):
		t.Fatal("did not stop")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAgentWithoutTenant(t *testing.T) {
	t.Parallel()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	defer web.Close()
	began := time.Now()
	now := began
	a, err := New(Options{
		API: web.URL, Kubernetes: kubefake.New(fake.NewClientset(), namespace),
		Clock: func() time.Time { now = now.Add(4 * time.Second); return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no tenant") {
		t.Errorf("got %v", err)
	}
	if waited := now.Sub(began); waited < tenantTime || waited > 2*tenantTime {
		t.Errorf("it waited %s for a tenant, want %s", waited, tenantTime)
	}
}

func TestNewNeedsAPIAndCluster(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{API: "http://localhost"}); err == nil {
		t.Error("no cluster")
	}
	if _, err := New(Options{Kubernetes: kubefake.New(fake.NewClientset(), "")}); err == nil {
		t.Error("no API")
	}
}

// deployed is a stack with one Job of a Submitted run, and the agent that made it.
func deployed(t *testing.T) (s *stack, a *Agent, run string, job *batchv1.Job) {
	t.Helper()
	s = newStack(t)
	run = s.run(nil)
	stop := s.start(Options{})
	s.await(run, "submission", func(r runRecord) bool { return len(r.Logs) == 1 })
	stop()
	a = s.agent(Options{DeleteFinishedJobs: true})
	if err := a.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	jobs := s.jobs()
	return s, a, run, &jobs[0]
}

func (s *stack) addPod(job *batchv1.Job, status corev1.PodStatus) *corev1.Pod {
	s.t.Helper()
	pod := &corev1.Pod{ObjectMeta: *job.Spec.Template.ObjectMeta.DeepCopy(), Spec: job.Spec.Template.Spec, Status: status}
	pod.Name, pod.Namespace = job.Name+"-abcde", namespace
	pod, err := s.cluster.CoreV1().Pods(namespace).Create(s.t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return pod
}

func (s *stack) setJob(job *batchv1.Job, status batchv1.JobStatus) {
	s.t.Helper()
	job.Status = status
	if _, err := s.cluster.BatchV1().Jobs(namespace).UpdateStatus(s.t.Context(), job, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}
