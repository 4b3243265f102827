package cloudhook_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// longer is how often a creation has asked the Server for hooks like it when it has waited longer than it would for nothing.
const longer = 12

// waiting is a Server with a hook that another address of the same state has, and a creation of one exactly like it.
type waiting struct {
	*acctest.PrefectServer
	t      *testing.T
	config map[string]any
	held   acctest.Applied
	asked  atomic.Int32
	often  chan struct{} // closed when the Server was asked longer times
}

func newWaiting(t *testing.T) *waiting {
	t.Helper()
	w := &waiting{
		PrefectServer: acctest.Embedded(t, prefectserver.Options{}), t: t, often: make(chan struct{}),
		config: map[string]any{"states": []any{"Failed"}, "webhook": map[string]any{"url": "https://x/y"}},
	}
	w.held = acctest.Connect(t, w.PrefectServer, nil).Create("prefect_cloud_hook", w.config)
	if len(w.held.Diagnostics) > 0 {
		t.Fatal(w.held.Diagnostics)
	}
	w.Server.Faults().Add(prefectserver.Fault{Operation: "CloudHooks", Before: func() {
		if w.asked.Add(1) == longer {
			close(w.often)
		}
	}})
	return w
}

// hooks fails the test unless the Server has that many.
func (w *waiting) hooks(want int) {
	w.t.Helper()
	if found, err := w.Client.ListCloudHooks(w.t.Context(), prefect.CloudHookFilter{}); err != nil || len(found) != want {
		w.t.Errorf("%d hooks, want %d: %v", len(found), want, err)
	}
}

// TestAccCloudHook_createdFirst applies the creation before the destroy, as Terraform does with one operation at a time if the
// destroy has to wait for others. It makes no second hook, and the next apply makes the one that was refused.
func TestAccCloudHook_createdFirst(t *testing.T) {
	t.Parallel()
	w := newWaiting(t)
	apply := acctest.Connect(t, w.PrefectServer, nil)
	refused := apply.Create("prefect_cloud_hook", w.config)
	if len(refused.Diagnostics) != 1 || !strings.Contains(refused.Diagnostics[0].Detail, "run Terraform with a higher `-parallelism`") {
		t.Errorf("got %+v", refused.Diagnostics)
	}
	w.hooks(1)
	if found := apply.ApplyDestroy(w.held); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	if again := acctest.Connect(t, w.PrefectServer, nil).Create("prefect_cloud_hook", w.config); len(again.Diagnostics) > 0 {
		t.Errorf("got %+v", again.Diagnostics)
	}
	w.hooks(1)
}

// TestAccCloudHook_destroyedSlowly creates a hook while one exactly like it is being destroyed, which takes long.
func TestAccCloudHook_destroyedSlowly(t *testing.T) {
	t.Parallel()
	w := newWaiting(t)
	begun := make(chan struct{})
	w.Server.Faults().Add(prefectserver.Fault{Field: "delete_cloud_hook", Before: func() {
		close(begun)
		<-w.often
	}})
	apply := acctest.Connect(t, w.PrefectServer, nil)
	destroyed := make(chan []acctest.Diagnostic, 1)
	go func() { destroyed <- apply.ApplyDestroy(w.held) }()
	<-begun
	if made := apply.Create("prefect_cloud_hook", w.config); len(made.Diagnostics) > 0 {
		t.Errorf("got %+v", made.Diagnostics)
	}
	if found := <-destroyed; len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	w.hooks(1)
}

// TestAccCloudHook_destroyFails creates a hook while the destroy of one exactly like it fails.
func TestAccCloudHook_destroyFails(t *testing.T) {
	t.Parallel()
	w := newWaiting(t)
	w.Server.Faults().Add(prefectserver.Fault{Field: "delete_cloud_hook", Message: "no"})
	apply := acctest.Connect(t, w.PrefectServer, nil)
	if found := apply.ApplyDestroy(w.held); len(found) != 1 {
		t.Fatalf("got %+v", found)
	}
	if made := apply.Create("prefect_cloud_hook", w.config); len(made.Diagnostics) != 1 {
		t.Errorf("got %+v", made.Diagnostics)
	}
	w.hooks(1)
}

// TestAccCloudHook_refreshedLate plans a creation while a large state is being refreshed, in which a hook exactly like it comes
// late.
func TestAccCloudHook_refreshedLate(t *testing.T) {
	t.Parallel()
	w := newWaiting(t)
	other := acctest.Connect(t, w.PrefectServer, nil).Create("prefect_project", map[string]any{"name": "p"})
	if len(other.Diagnostics) > 0 {
		t.Fatal(other.Diagnostics)
	}
	plan := acctest.Connect(t, w.PrefectServer, nil)
	var planned atomic.Bool
	refreshed := make(chan struct{})
	go func() {
		defer close(refreshed)
		for w.asked.Load() < longer && !planned.Load() {
			plan.Refresh(other)
		}
		plan.Refresh(w.held)
	}()
	if created := plan.PlanNew("prefect_cloud_hook", w.config); len(created.Diagnostics) > 0 {
		t.Errorf("got %+v", created.Diagnostics)
	}
	planned.Store(true)
	<-refreshed
}

// TestAccCloudHook_notRefreshed plans with `-refresh=false`: what destroys a hook tells that the state has it.
func TestAccCloudHook_notRefreshed(t *testing.T) {
	t.Parallel()
	w := newWaiting(t)
	plan := acctest.Connect(t, w.PrefectServer, nil)
	if found := plan.PlanDestroy(w.held); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	if planned := plan.PlanNew("prefect_cloud_hook", w.config); len(planned.Diagnostics) > 0 {
		t.Errorf("got %+v", planned.Diagnostics)
	}
	if n := w.asked.Load(); n > 1 {
		t.Errorf("the Server was asked %d times", n)
	}
}
