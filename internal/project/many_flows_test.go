package project_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccProject_forceDestroyGroups destroys a project with 45 flows, one of which has a version in another project too. An attempt that
// fails on the way leaves the project, so that the next one finds the flow groups that are left.
func TestAccProject_forceDestroyGroups(t *testing.T) {
	t.Parallel()
	const flows = 45
	for failing, passing := range map[string]int{"delete_flow_group": 30, "delete_project": 0} {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			session := acctest.Connect(t, server, nil)
			made := session.Create("prefect_project", map[string]any{"name": "many", "force_destroy": true})
			if len(made.Diagnostics) > 0 {
				t.Fatal(made)
			}
			other, err := server.Client.CreateProject(t.Context(), "other", nil)
			if err != nil {
				t.Fatal(err)
			}
			var groups []string
			for i := range flows {
				groups = append(groups, registerIn(t, server, fmt.Sprint(made.At("id")), fmt.Sprintf("flow-%d", i), ""))
			}
			shared := registerIn(t, server, other, "flow-0", groups[0])
			if shared != groups[0] {
				t.Fatalf("version group %s, want %s", shared, groups[0])
			}

			missed := server.Server.Faults().Add(prefectserver.Fault{Field: failing, Skip: passing, Status: http.StatusNotImplemented})
			got := failures(session.Destroy(made))
			if missed() == 0 {
				t.Fatalf("no request for %s", failing)
			}
			if len(got) != 1 || !strings.Contains(got[0].Summary, `Could not delete project "many"`) {
				t.Errorf("got %+v", got)
			}
			if _, err := server.Client.FindProject(t.Context(), "many"); err != nil {
				t.Errorf("after the first attempt: %v", err)
			}
			server.Server.ResetRequests()
			if got := failures(session.Destroy(made)); len(got) > 0 {
				t.Errorf("got %+v", got)
			}
			if reads := server.Server.CountRequests("flow"); reads > 6 {
				t.Errorf("%d requests for flows", reads)
			}
			if _, err := server.Client.FindProject(t.Context(), "many"); !errors.Is(err, prefect.ErrNotFound) {
				t.Errorf("after the second attempt: %v", err)
			}
			left, err := server.Client.ListFlowGroups(t.Context(), prefect.FlowGroupFilter{})
			if err != nil || len(left) != 1 || left[0].Name != shared {
				t.Errorf("the flow groups %+v are left, want that of the other project: %v", left, err)
			}
			if found, err := server.Client.FlowsByVersionGroup(t.Context(), shared); err != nil || len(found) != 1 {
				t.Errorf("the other project has %d versions: %v", len(found), err)
			}
		})
	}
}

// registerIn registers an empty flow in a project and a version group, and returns its version group.
func registerIn(t *testing.T, server *acctest.PrefectServer, project, name, group string) string {
	t.Helper()
	id, err := server.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
		ProjectID: project, VersionGroupID: group,
		SerializedFlow: map[string]any{
			"name": name, "type": "prefect.core.flow.Flow", "__version__": "1.4.1",
			"parameters": []any{}, "tasks": []any{}, "edges": []any{}, "reference_tasks": []any{}, "schedule": nil,
			"environment": nil, "run_config": nil, "storage": nil, "result": nil,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	flow, err := server.Client.GetFlow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return flow.VersionGroupID
}

// TestAccProject_forceDestroyManyJobs destroys a project with 25 runs whose Jobs take their time to go: all are deleted before one of them
// is waited for, or the time that they have would not do for many.
func TestAccProject_forceDestroyManyJobs(t *testing.T) {
	t.Parallel()
	const runs = 25
	cluster := acctest.Cluster(t)
	server := acctest.Server(t)
	session := acctest.Connect(t, server, cluster)
	made, _ := busy(t, session, server, "project")
	flows, err := server.Client.ListFlows(t.Context(), prefect.FlowFilter{ProjectID: fmt.Sprint(made.At("id"))})
	if err != nil || len(flows) != 1 {
		t.Fatal(flows, err)
	}
	set := cluster.Set.BatchV1().Jobs(cluster.Namespace)
	for i := range runs {
		run, err := server.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: flows[0].ID})
		if err != nil {
			t.Fatal(err)
		}
		_, err = set.Create(t.Context(), &batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprintf("slow-%d", i), Labels: map[string]string{jobspec.LabelFlowRunID: run}, Finalizers: []string{"example.com/slow"},
			},
			Spec: batchv1.JobSpec{Suspend: new(true), Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "flow", Image: "busybox:1"}},
			}}},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	destroyed := make(chan []acctest.Diagnostic, 1)
	go func() { destroyed <- failures(session.Destroy(made)) }()
	deleted := 0
	for deadline := time.Now().Add(time.Minute); deleted < runs && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		list, err := set.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != runs {
			t.Fatalf("%d Jobs are left", len(list.Items))
		}
		deleted = 0
		for i := range list.Items {
			if list.Items[i].DeletionTimestamp != nil {
				deleted++
			}
		}
	}
	if deleted < runs {
		t.Errorf("%d of %d Jobs were deleted", deleted, runs)
	}
	for i := range runs {
		if _, err := set.Patch(t.Context(), fmt.Sprintf("slow-%d", i), types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
			t.Error(err)
		}
	}
	if got := <-destroyed; len(got) > 0 {
		t.Errorf("got %+v", got)
	}
	if left := jobs(t, cluster); len(left) > 0 {
		t.Errorf("the Jobs %q are left", left)
	}
}
