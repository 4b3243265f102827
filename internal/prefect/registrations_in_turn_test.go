package prefect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestRegistrationsOfOneFlowTakeTurns registers versions of one flow, and other flows, at the same time. The Server gives
// two versions that come at the same time the same number, so of one flow there is never more than one request under way.
func TestRegistrationsOfOneFlowTakeTurns(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	project := e.project(t, "p")
	target, err := url.Parse(e.url)
	check(t, err)
	const flows, versions = 4, 5
	forward := httputil.NewSingleHostReverseProxy(target)
	var mu sync.Mutex
	now, most := map[string]int{}, map[string]int{}
	all := make(chan struct{}) // closed when a registration of each flow is under way
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		group := ""
		if bytes.Contains(body, []byte("create_flow_from_compressed_string(")) {
			group = string(regexp.MustCompile(`group-\d`).Find(body))
		}
		if group != "" {
			mu.Lock()
			now[group]++
			most[group] = max(most[group], now[group])
			if len(most) == flows && all != nil {
				close(all)
				all = nil
			}
			wait := all
			mu.Unlock()
			if wait != nil {
				<-wait // different flows do not wait for each other
			}
		}
		forward.ServeHTTP(w, r)
		if group != "" {
			mu.Lock()
			now[group]--
			mu.Unlock()
		}
	}))
	client := newClient(t, prefect.Config{Endpoint: proxy, Tenant: e.tenant})
	var registrations sync.WaitGroup
	for f := range flows {
		for v := range versions {
			registrations.Go(func() {
				group := fmt.Sprintf("group-%d", f)
				_, err := client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
					ProjectID: project, SerializedFlow: flowOf(group, v+1), VersionGroupID: group, IdempotencyKey: strconv.Itoa(v),
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	registrations.Wait()
	for group, n := range most {
		if n != 1 {
			t.Errorf("%d registrations of %s at the same time", n, group)
		}
		found, err := e.FlowsByVersionGroup(t.Context(), group)
		check(t, err)
		for i, f := range found {
			if f.Version != versions-i || f.Archived != (i > 0) {
				t.Errorf("%s: version %d at place %d, archived: %t", group, f.Version, i, f.Archived)
			}
		}
	}
}

// TestRegistrationInTurnCanLeave interrupts a registration that waits for its turn, while the one before it goes on.
func TestRegistrationInTurnCanLeave(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	arrived, release := make(chan struct{}), make(chan struct{})
	e.server.Faults().Add(prefectserver.Fault{Field: "create_flow_from_compressed_string", Times: 1, Before: func() { close(arrived); <-release }})
	in := prefect.RegisterFlowInput{ProjectID: e.project(t, "p"), SerializedFlow: flowOf("slow", 1)}
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := e.RegisterFlow(t.Context(), in); first <- err }()
	<-arrived
	ctx, leave := context.WithCancel(t.Context())
	go func() { _, err := e.RegisterFlow(ctx, in); second <- err }()
	leave()
	select {
	case err := <-second:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after leaving: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it still waits for its turn")
	}
	close(release)
	check(t, <-first)
}
