package project_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccProject_forceDestroyJobs destroys a project, and a tenant, in which a run is under way that has Jobs in two
// namespaces. The plan says so; the run is cancelled first and its Jobs are removed, and the Job of another run stays.
func TestAccProject_forceDestroyJobs(t *testing.T) {
	t.Parallel()
	for _, noun := range []string{"project", "tenant"} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			cluster := acctest.Cluster(t)
			other := cluster.Another(t)
			both := *cluster
			both.Others = []string{other.Namespace}
			server := acctest.Server(t)
			session := acctest.Connect(t, server, &both)
			made, in := busy(t, session, server, noun)
			run := running(t, in)
			createJob(t, cluster, "first", run)
			createJob(t, other, "second", run)
			createJob(t, cluster, "stranger", "00000000-0000-4000-8000-000000000000")

			planned := session.PlanDestroy(made)
			if len(planned) != 1 || !planned[0].Warning || planned[0].Path != "force_destroy" || !strings.Contains(planned[0].Summary, "cancels 1 run") ||
				!strings.Contains(planned[0].Detail, "removes their Jobs") {
				t.Errorf("the plan says %+v", planned)
			}
			// A cluster that cannot be used is found then, too, and loses nothing.
			wrong := acctest.Connect(t, server, &acctest.KubernetesCluster{Kubeconfig: "/nowhere/config", Namespace: "flows"})
			if found := wrong.PlanDestroy(made); len(found) != 2 || !found[1].Warning || !strings.Contains(found[1].Summary, "cannot be used yet") {
				t.Errorf("without a kubeconfig the plan says %+v", found)
			}

			stopped := make(chan bool, 1)
			go func() { stopped <- endsWhenCancelled(t, in.Client, run) }()
			if got := failures(session.Destroy(made)); len(got) > 0 {
				t.Errorf("got %+v", got)
			}
			if !<-stopped {
				t.Errorf("the %s was deleted with its run under way", noun)
			}
			left := jobs(t, cluster, other)
			if len(left) != 1 || left[0] != "stranger" {
				t.Errorf("the Jobs %q are left", left)
			}
			if _, err := server.Client.ListTenants(t.Context(), prefect.TenantFilter{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccProject_forceDestroyAgain destroys a project, and a tenant, again after an attempt that cancelled the runs and could not
// remove their Jobs. The second attempt finds no unfinished run; the third has the cluster.
func TestAccProject_forceDestroyAgain(t *testing.T) {
	t.Parallel()
	for _, noun := range []string{"project", "tenant"} {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			cluster := acctest.Cluster(t)
			server := acctest.Server(t)
			session := acctest.Connect(t, server, cluster)
			made, in := busy(t, session, server, noun)
			run := running(t, in)
			createJob(t, cluster, "left", run)
			createJob(t, cluster, "stranger", "00000000-0000-4000-8000-000000000000")

			wrong := acctest.Connect(t, server, &acctest.KubernetesCluster{Kubeconfig: "/nowhere/config", Namespace: "flows"})
			go endsWhenCancelled(t, in.Client, run)
			for attempt := range 2 {
				if got := failures(wrong.Destroy(made)); len(got) != 1 || !strings.Contains(got[0].Detail, "/nowhere/config") {
					t.Fatalf("attempt %d says %+v", attempt, got)
				}
			}
			if got := failures(session.Destroy(made)); len(got) > 0 {
				t.Errorf("got %+v", got)
			}
			if left := jobs(t, cluster); len(left) != 1 || left[0] != "stranger" {
				t.Errorf("the Jobs %q are left", left)
			}
			if got := failures(wrong.Destroy(made)); len(got) > 0 { // everything is gone
				t.Errorf("got %+v", got)
			}
		})
	}
}

// failures returns the errors among diagnostics.
func failures(all []acctest.Diagnostic) []acctest.Diagnostic {
	return slices.DeleteFunc(all, func(d acctest.Diagnostic) bool { return d.Warning })
}

// busy creates a project, or a tenant with a project, that is destroyed by force, and registers a flow in it with a run. It
// returns the Server as what is in it sees it.
func busy(t *testing.T, session *acctest.Session, server *acctest.PrefectServer, noun string) (acctest.Applied, *acctest.PrefectServer) {
	t.Helper()
	name := acctest.Name("busy")
	made := session.Create("prefect_"+noun, map[string]any{"name": name, "force_destroy": true})
	if len(made.Diagnostics) > 0 {
		t.Fatal(made)
	}
	if noun == "tenant" {
		server = &acctest.PrefectServer{Client: server.Client.WithTenant(fmt.Sprint(made.At("id")))}
		name = "busy"
		if _, err := server.Client.CreateProject(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	register(t, server, name)
	return made, server
}

// jobs returns the names of the Jobs in namespaces.
func jobs(t *testing.T, clusters ...*acctest.KubernetesCluster) (names []string) {
	t.Helper()
	for _, cluster := range clusters {
		list, err := cluster.Set.BatchV1().Jobs(cluster.Namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}

// createJob creates a Job of a run, as an agent does.
func createJob(t *testing.T, cluster *acctest.KubernetesCluster, name, run string) {
	t.Helper()
	labels := map[string]string{jobspec.LabelFlowRunID: run}
	_, err := cluster.Set.BatchV1().Jobs(cluster.Namespace).Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever, TerminationGracePeriodSeconds: new(int64(1)),
				Containers: []corev1.Container{{Name: "flow", Image: "busybox:1", Command: []string{"sh", "-c", "trap 'exit 143' TERM; sleep 600 & wait"}}},
			},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAccProject_nameReleased creates a project whose name somebody has released since the provider looked for it.
func TestAccProject_nameReleased(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	session := acctest.Connect(t, server, nil)
	id, err := server.Client.CreateProject(t.Context(), "etl", nil)
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]any{"name": "etl"}
	if refused := session.Create("prefect_project", config); len(refused.Diagnostics) != 1 || refused.Diagnostics[0].Warning {
		t.Fatalf("got %s", refused)
	}
	if err := server.Client.DeleteProject(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if made := session.Create("prefect_project", config); len(made.Diagnostics) > 0 {
		t.Errorf("got %s", made)
	}
}
