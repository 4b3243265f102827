package runjobs

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/prefect-server/terraform-provider-prefect/internal/chaos"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

func clientOf(t *testing.T, host string) *kubeclient.Client {
	t.Helper()
	client, err := kubeclient.NewClientFromREST(&rest.Config{Host: host}, testNamespace)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// operations are all that the provider does with the Jobs of a run.
func operations(client *kubeclient.Client) map[string]func(context.Context) error {
	job := map[string]any{"metadata": map[string]any{"name": "x"}}
	return map[string]func(context.Context) error{
		"list":    func(ctx context.Context) error { _, err := List(ctx, client, "", testRun); return err },
		"get":     func(ctx context.Context) error { _, err := Get(ctx, client, "", "x"); return err },
		"dry run": func(ctx context.Context) error { return DryRun(ctx, client, "", job) },
		"delete":  func(ctx context.Context) error { return Delete(ctx, client, "", testRun) },
		"watch": func(ctx context.Context) error {
			w, err := Watch(ctx, client, "", testRun)
			if err == nil {
				w.Close()
			}
			return err
		},
		"log": func(ctx context.Context) error {
			_, err := ContainerLog(ctx, client, "", "pod", "flow", 5, false)
			return err
		},
	}
}

// TestSilentCluster: a cluster that takes connections and never answers ends nothing but the operation, in time and by name.
func TestSilentCluster(t *testing.T) {
	t.Parallel()
	host := "http://" + chaos.SilentPeer(t)
	var group sync.WaitGroup
	for name := range operations(clientOf(t, host)) {
		group.Go(func() {
			operation := operations(clientOf(t, host))[name] // a client of its own: it remembers silence
			ctx, limit := t.Context(), kubeclient.OperationTimeout
			if name == "dry run" { // which may take longer, for webhooks
				bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
				ctx, limit = bounded, 5*time.Second
			}
			began := time.Now()
			err := operation(ctx)
			var silent *kubeclient.NoAnswerError
			if !errors.As(err, &silent) && !kubeclient.DeadlinePassed(err) {
				t.Errorf("%s: got %v", name, err)
			}
			if took := time.Since(began); took > limit+2*time.Second {
				t.Errorf("%s took %s", name, took)
			}
			began = time.Now()
			err = operation(t.Context())
			if !errors.As(err, &silent) || !errors.Is(err, kubeclient.ErrUnreachable) || time.Since(began) > 5*time.Second {
				t.Errorf("%s again: %v after %s", name, err, time.Since(began))
			}
		})
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(200*time.Millisecond, cancel)
			began := time.Now()
			err := operations(clientOf(t, host))[name](ctx)
			if !errors.Is(err, context.Canceled) || time.Since(began) > 2*time.Second {
				t.Errorf("%s interrupted: %v after %s", name, err, time.Since(began))
			}
		})
	}
	group.Wait()
}

// TestClusterThatAsksForPatience: a pause that the API server asks for counts as time.
func TestClusterThatAsksForPatience(t *testing.T) {
	t.Parallel()
	server := chaos.NewAPIServer(t, func(s *chaos.APIServer) { s.RetryAfter = "3600" })
	began := time.Now()
	if _, err := List(t.Context(), clientOf(t, server.URL), "", testRun); !errors.Is(err, kubeclient.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > kubeclient.OperationTimeout+5*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestEndlessPages: a list that continues itself, or always by another page, is an error and not a loop.
func TestEndlessPages(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(*chaos.APIServer){
		"the same token":    func(s *chaos.APIServer) { s.SameContinue = true },
		"always a new page": func(s *chaos.APIServer) { s.NextContinue = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := chaos.NewAPIServer(t, how)
			if _, err := List(t.Context(), clientOf(t, server.URL), "", testRun); !errors.Is(err, ErrEndless) {
				t.Errorf("got %v", err)
			}
			if n := server.Requests(); n > maxPages+5 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestWatchThatIsAlwaysGone: an API server that calls every version too old is not asked as fast as it answers, and the
// watch says that it sees nothing.
func TestWatchThatIsAlwaysGone(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(*chaos.APIServer){
		"by its status": func(s *chaos.APIServer) { s.WatchGone = true },
		"in its stream": func(s *chaos.APIServer) { s.StreamGone = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := chaos.NewAPIServer(t, how)
			began := time.Now()
			w, err := Watch(t.Context(), clientOf(t, server.URL), "", testRun)
			if err == nil {
				defer w.Close()
				for w.Err() == nil && time.Since(began) < 20*time.Second {
					select {
					case <-w.Changes():
					case <-time.After(time.Second):
					}
				}
				err = w.Err()
			}
			if err == nil {
				t.Error("nothing is said")
			}
			if took, n := time.Since(began), server.Requests(); took > kubeclient.OperationTimeout+10*time.Second || n > 40 {
				t.Errorf("%d requests in %s", n, took)
			}
		})
	}
}
