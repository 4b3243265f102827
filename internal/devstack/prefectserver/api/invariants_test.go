package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// Whatever is registered, archived, run and deleted in whatever order: versions of a group
// are unique, at most one is live, archived flows have no waiting runs, and a run's row is
// its last state.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newServer(t)
		var flows, runs []string
		pick := func(ids []string) string {
			if len(ids) == 0 {
				return missing
			}
			return rapid.SampledFrom(ids).Draw(rt, "id")
		}
		kinds := []string{"Submitted", "Running", "Success", "Failed", "Paused", "Queued"}
		attempt := func(name string, input in) string {
			payload, err := s.try(name, input)
			var visible *api.Error
			if err != nil && !errors.As(err, &visible) {
				rt.Fatalf("%s(%v): %v", name, input, err)
			}
			id, _ := payload["id"].(string)
			return id
		}
		rt.Repeat(map[string]func(*rapid.T){
			"register": func(rt *rapid.T) {
				name := rapid.SampledFrom([]string{"f", "g"}).Draw(rt, "name")
				key := rapid.SampledFrom([]any{nil, "A", "B"}).Draw(rt, "key")
				rest := rapid.SampledFrom([]string{"", "{" + daily + "}"}).Draw(rt, "schedule")
				flows = append(flows, attempt("create_flow", in{
					"project_id": s.project, "serialized_flow": flowOf(t, name, rest), "idempotency_key": key,
				}))
			},
			"run": func(rt *rapid.T) {
				key := rapid.SampledFrom([]any{nil, "k"}).Draw(rt, "key")
				if id := attempt("create_flow_run", in{"flow_id": pick(flows), "idempotency_key": key}); id != "" {
					runs = append(runs, id)
				}
			},
			"state": func(rt *rapid.T) {
				kind := rapid.SampledFrom(kinds).Draw(rt, "state")
				attempt("set_flow_run_states", states("flow_run_id", pick(runs), map[string]any{"type": kind}))
			},
			"cancel":  func(*rapid.T) { attempt("cancel_flow_run", in{"flow_run_id": pick(runs)}) },
			"archive": func(*rapid.T) { attempt("archive_flow", in{"flow_id": pick(flows)}) },
			"delete":  func(*rapid.T) { attempt("delete_flow", in{"flow_id": pick(flows)}) },
			"":        func(rt *rapid.T) { s.holds(rt) },
		})
	})
}

// holds checks the invariants.
func (s *server) holds(rt *rapid.T) {
	err := s.Store.View(func(tx *store.Tx) error {
		versions, live := map[string]bool{}, map[any]int{}
		for flow := range tx.Scan("flow") {
			version := fmt.Sprint(flow["version_group_id"], flow["version"])
			if versions[version] {
				rt.Errorf("version %s is there twice", version)
			}
			versions[version] = true
			if flow["archived"] == false {
				live[flow["version_group_id"]]++
			}
		}
		for group, count := range live {
			if count > 1 {
				rt.Errorf("group %v has %d live versions", group, count)
			}
		}
		keys := map[string]bool{}
		for run := range tx.Scan("flow_run") {
			if flow := tx.By("flow", "id", run["flow_id"])[0]; flow["archived"] == true && run["state"] == "Scheduled" {
				rt.Errorf("run %v of an archived flow waits", run["id"])
			}
			key := fmt.Sprint(run["flow_id"], run["idempotency_key"])
			if run["idempotency_key"] != nil && keys[key] {
				rt.Errorf("two runs have the key %v", run["idempotency_key"])
			}
			keys[key] = true
			history := tx.By("flow_run_state", "flow_run_id", run["id"])
			if last := history[len(history)-1]; last["state"] != run["state"] || last["version"] != run["version"] {
				rt.Errorf("run %v is not in its last state %v", run, last)
			}
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}

func TestConcurrentRegistrations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const writers = 16
	var group sync.WaitGroup
	for i := range writers {
		document := flowOf(t, "f", "")
		group.Go(func() {
			_, err := s.Execute(context.WithoutCancel(t.Context()), s.Mutations()["create_flow"],
				in{"project_id": s.project, "serialized_flow": document, "idempotency_key": strconv.Itoa(i)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	flows := s.rows("flow", "project_id", s.project)
	versions, live := make([]int64, len(flows)), []int64{}
	for i, flow := range flows {
		version, _ := flow["version"].(int64)
		versions[i] = version
		if flow["archived"] == false {
			live = append(live, version)
		}
	}
	slices.Sort(versions)
	if len(versions) != writers || versions[0] != 1 || versions[writers-1] != writers {
		t.Errorf("versions %v", versions)
	}
	if !slices.Equal(live, []int64{writers}) {
		t.Errorf("live versions %v", live)
	}
}
