package store_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

var epoch = time.Date(2022, 9, 23, 12, 0, 0, 123456789, time.UTC)

// ticking is a clock that moves on by a second at each reading.
func ticking() func() time.Time {
	at := epoch
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

func update(t *testing.T, s *store.Store, f func(tx *store.Tx)) {
	t.Helper()
	if err := s.Update(func(tx *store.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func insert(tb testing.TB, tx *store.Tx, table string, row store.Row) store.Row {
	tb.Helper()
	out, err := tx.Insert(table, row)
	if err != nil {
		tb.Fatalf("insert into %s: %v", table, err)
	}
	return out
}

// flow makes a tenant, a project, a group and a flow of that many tasks.
func flow(tb testing.TB, tx *store.Tx, slug string, tasks int) store.Row {
	tb.Helper()
	tenant := insert(tb, tx, "tenant", store.Row{"name": slug, "slug": slug})["id"]
	project := insert(tb, tx, "project", store.Row{"name": "p", "tenant_id": tenant})["id"]
	group := insert(tb, tx, "flow_group", store.Row{"name": "g", "tenant_id": tenant})["id"]
	f := insert(tb, tx, "flow", store.Row{
		"name": "f", "tenant_id": tenant, "project_id": project, "flow_group_id": group,
	})
	for i := range tasks {
		insert(tb, tx, "task", store.Row{
			"flow_id": f["id"], "tenant_id": tenant, "slug": string(rune('a'+i%26)) + json.Number(rune('0'+i/26)).String(),
		})
	}
	return f
}

// text reads a column of text, id or interval.
func text(row store.Row, column string) string {
	s, _ := row[column].(string)
	return s
}

func moment(row store.Row, column string) time.Time {
	at, _ := row[column].(time.Time)
	return at
}

func TestInsertFillsDefaults(t *testing.T) {
	t.Parallel()
	s := store.New(ticking())
	update(t, s, func(tx *store.Tx) {
		row := insert(t, tx, "tenant", store.Row{"name": "n", "slug": "s"})
		if len(text(row, "id")) != 36 {
			t.Errorf("id = %v", row["id"])
		}
		want := epoch.Add(time.Second).Round(time.Microsecond)
		for _, column := range []string{"created", "updated"} {
			if !moment(row, column).Equal(want) {
				t.Errorf("%s = %v, want the start of the transaction %v", column, row[column], want)
			}
		}
		if diff := cmp.Diff(map[string]any{}, row["settings"]); diff != "" {
			t.Error(diff)
		}
		if v, ok := row["info"]; v != nil || !ok {
			t.Errorf("info = %v, %v, want a NULL", v, ok)
		}
	})
}

func TestConstraints(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	update(t, s, func(tx *store.Tx) { insert(t, tx, "tenant", store.Row{"name": "n", "slug": "s"}) })
	const nobody = "00000000-0000-0000-0000-000000000000"
	cases := map[string]struct {
		table   string
		row     store.Row
		kind    error
		message string
	}{
		"unique":       {"tenant", store.Row{"name": "x", "slug": "s"}, store.ErrUnique, "Uniqueness violation."},
		"foreign key":  {"project", store.Row{"name": "x", "tenant_id": nobody}, store.ErrForeignKey, "Foreign key violation."},
		"left out":     {"tenant", store.Row{"slug": "x"}, store.ErrNotNull, `Not-NULL violation. null value in column "name" of relation "tenant" violates not-null constraint`},
		"null":         {"tenant", store.Row{"slug": "x", "name": "x", "settings": nil}, store.ErrNotNull, `Not-NULL violation. null value in column "settings" of relation "tenant" violates not-null constraint`},
		"not a uuid":   {"project", store.Row{"name": "x", "tenant_id": "nope"}, store.ErrData, `invalid input syntax for type uuid: "nope"`},
		"no column":    {"tenant", store.Row{"nope": 1, "name": "x", "slug": "x"}, store.ErrUnknown, `column "nope" of table "tenant": unknown table or column`},
		"no table":     {"nope", store.Row{}, store.ErrUnknown, `table "nope": unknown table or column`},
		"out of range": {"flow", store.Row{"version": int64(1) << 40}, store.ErrData, `value "1099511627776" is out of range for type integer`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.Update(func(tx *store.Tx) error { _, err := tx.Insert(c.table, c.row); return err })
			if !errors.Is(err, c.kind) || err.Error() != c.message {
				t.Errorf("got %v, want %q", err, c.message)
			}
		})
	}
}

func TestUniqueIgnoresNull(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	update(t, s, func(tx *store.Tx) {
		f := flow(t, tx, "s", 0)
		insert(t, tx, "flow_run", store.Row{"flow_id": f["id"]})
		insert(t, tx, "flow_run", store.Row{"flow_id": f["id"]})
		insert(t, tx, "flow_run", store.Row{"flow_id": f["id"], "idempotency_key": "k"})
		if _, err := tx.Insert("flow_run", store.Row{"flow_id": f["id"], "idempotency_key": "k"}); !errors.Is(err, store.ErrUnique) {
			t.Errorf("second run with the same key: %v", err)
		}
	})
}

func TestUpdateStampsAndChecks(t *testing.T) {
	t.Parallel()
	s := store.New(ticking())
	var id string
	update(t, s, func(tx *store.Tx) {
		id = text(insert(t, tx, "tenant", store.Row{"name": "n", "slug": "s"}), "id")
		insert(t, tx, "tenant", store.Row{"name": "other", "slug": "other"})
	})
	update(t, s, func(tx *store.Tx) {
		before, _ := tx.Get("tenant", id)
		if ok, err := tx.Update("tenant", id, store.Row{"name": "new"}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		after, _ := tx.Get("tenant", id)
		if after["name"] != "new" || before["name"] != "n" {
			t.Errorf("before %v, after %v: a row handed out must not change", before["name"], after["name"])
		}
		if !moment(after, "updated").After(moment(before, "updated")) || after["created"] != before["created"] {
			t.Errorf("stamps before %v %v, after %v %v", before["created"], before["updated"], after["created"], after["updated"])
		}
		if _, err := tx.Update("tenant", id, store.Row{"slug": "other"}); !errors.Is(err, store.ErrUnique) {
			t.Errorf("slug of another: %v", err)
		}
		if _, err := tx.Update("tenant", id, store.Row{"slug": nil}); !errors.Is(err, store.ErrNotNull) {
			t.Errorf("null slug: %v", err)
		}
		if ok, err := tx.Update("tenant", "00000000-0000-0000-0000-000000000000", store.Row{"name": "x"}); ok || err != nil {
			t.Errorf("missing row: %v, %v", ok, err)
		}
		if got := tx.By("tenant", "slug", "s"); len(got) != 1 {
			t.Errorf("by slug: %v", got)
		}
	})
}

func TestFlowRunCreatesPendingTaskRuns(t *testing.T) {
	t.Parallel()
	s := store.New(ticking())
	update(t, s, func(tx *store.Tx) {
		f := flow(t, tx, "s", 3)
		run := insert(t, tx, "flow_run", store.Row{"flow_id": f["id"], "tenant_id": f["tenant_id"]})
		runs := tx.By("task_run", "flow_run_id", run["id"])
		if len(runs) != 3 {
			t.Fatalf("%d task runs, want 3", len(runs))
		}
		for _, r := range runs {
			if r["state"] != "Pending" || r["version"] != int64(1) || r["map_index"] != int64(-1) || r["state_message"] != "Task run created" {
				t.Errorf("task run %v", r)
			}
			if states := tx.By("task_run_state", "task_run_id", r["id"]); len(states) != 1 {
				t.Errorf("%d states, want 1", len(states))
			}
		}
	})
}

func TestStateInsertUpdatesItsRun(t *testing.T) {
	t.Parallel()
	s := store.New(ticking())
	update(t, s, func(tx *store.Tx) {
		f := flow(t, tx, "s", 0)
		run := insert(t, tx, "flow_run", store.Row{"flow_id": f["id"]})
		id := text(run, "id")
		at := epoch
		state := func(name string, version int64) store.Row {
			at = at.Add(time.Minute)
			insert(t, tx, "flow_run_state", store.Row{
				"flow_run_id": id, "state": name, "version": version, "timestamp": at, "message": name + "!",
				"serialized_state": map[string]any{"type": name},
			})
			row, _ := tx.Get("flow_run", id)
			return row
		}
		running := state("Running", 1)
		if running["state"] != "Running" || running["start_time"] != at.Round(time.Microsecond) || running["end_time"] != nil {
			t.Errorf("running: %v", running)
		}
		again := state("Running", 1)
		if again["start_time"] != running["start_time"] || again["state_timestamp"] == running["state_timestamp"] {
			t.Errorf("the first start counts, the last state too: %v", again)
		}
		done := state("Success", 2)
		if done["end_time"] != at.Round(time.Microsecond) || done["state_message"] != "Success!" || done["version"] != int64(2) {
			t.Errorf("done: %v", done)
		}
		late := state("Failed", 1)
		if late["state"] != "Success" || late["end_time"] != done["end_time"] {
			t.Errorf("an older version must not count: %v", late)
		}
	})
}

func TestDeleteCascades(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	update(t, s, func(tx *store.Tx) {
		keep := flow(t, tx, "keep", 1)
		f := flow(t, tx, "s", 2)
		agent := text(insert(t, tx, "agent", store.Row{"tenant_id": keep["tenant_id"]}), "id")
		run := insert(t, tx, "flow_run", store.Row{"flow_id": f["id"], "agent_id": agent})
		insert(t, tx, "log", store.Row{"flow_run_id": run["id"], "message": "hello"})
		if ok, err := tx.Delete("agent", agent); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if row, _ := tx.Get("flow_run", text(run, "id")); row["agent_id"] != nil {
			t.Errorf("agent_id = %v, want NULL", row["agent_id"])
		}
		if ok, err := tx.Delete("project", text(f, "project_id")); !ok || err != nil {
			t.Fatal(ok, err)
		}
		want := map[string]int{"tenant": 2, "flow_group": 2, "project": 1, "flow": 1, "task": 1, "flow_run": 0, "task_run": 0, "task_run_state": 0, "log": 0}
		for table, n := range want {
			if got := tx.Count(table); got != n {
				t.Errorf("%d rows of %s, want %d", got, table, n)
			}
		}
		if ok, err := tx.Delete("project", text(f, "project_id")); ok || err != nil {
			t.Errorf("again: %v, %v", ok, err)
		}
	})
}

func TestScanWhileDeleting(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	update(t, s, func(tx *store.Tx) {
		f := flow(t, tx, "s", 10)
		seen := 0
		for row := range tx.Scan("task") {
			seen++
			if _, err := tx.Delete("task", text(row, "id")); err != nil {
				t.Error(err)
			}
			insert(t, tx, "task", store.Row{"flow_id": f["id"]})
		}
		if seen != 10 || tx.Count("task") != 10 {
			t.Errorf("saw %d, left %d", seen, tx.Count("task"))
		}
	})
}

func TestViewDoesNotWrite(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	err := s.View(func(tx *store.Tx) error {
		_, err := tx.Insert("tenant", store.Row{"name": "n", "slug": "s"})
		return err
	})
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}

func TestPanicRollsBack(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(func(tx *store.Tx) error {
			insert(t, tx, "tenant", store.Row{"name": "n", "slug": "s"})
			panic("half way")
		})
	}()
	update(t, s, func(tx *store.Tx) {
		if n := tx.Count("tenant"); n != 0 {
			t.Errorf("%d tenants", n)
		}
	})
}

// dump is everything that the store holds, read through every access path.
func dump(s *store.Store) map[string]any {
	out := map[string]any{}
	_ = s.View(func(tx *store.Tx) error {
		for _, table := range s.Database().Tables {
			var rows []store.Row
			for row := range tx.Scan(table.Name) {
				rows = append(rows, row)
			}
			out[table.Name] = rows
			for _, c := range table.Columns {
				for _, row := range rows {
					if tx.Indexed(table.Name, c.Name) && row[c.Name] != nil {
						out[table.Name+"."+c.Name+"="+text(row, c.Name)] = tx.By(table.Name, c.Name, row[c.Name])
					}
				}
			}
		}
		return nil
	})
	return out
}

func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	failure := errors.New("no")
	rapid.Check(t, func(rt *rapid.T) {
		s := store.New(nil)
		build := func(tx *store.Tx, prefix string) {
			for i := range 2 {
				f := flow(t, tx, prefix+string(rune('a'+i)), 2)
				insert(t, tx, "flow_run", store.Row{"flow_id": f["id"], "tenant_id": f["tenant_id"], "idempotency_key": "k"})
			}
		}
		update(t, s, func(tx *store.Tx) { build(tx, "x") })
		before := dump(s)
		err := s.Update(func(tx *store.Tx) error {
			build(tx, "y")
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				table := rapid.SampledFrom([]string{"tenant", "project", "flow_group", "flow", "task", "flow_run", "task_run"}).Draw(rt, "table")
				rows := []store.Row{}
				for row := range tx.Scan(table) {
					rows = append(rows, row)
				}
				if len(rows) == 0 {
					continue
				}
				id := text(rapid.SampledFrom(rows).Draw(rt, "row"), "id")
				var err error
				if rapid.Bool().Draw(rt, "delete") {
					_, err = tx.Delete(table, id)
				} else {
					_, err = tx.Update(table, id, store.Row{"tenant_id": nil})
					if table == "tenant" {
						_, err = tx.Update(table, id, store.Row{"slug": id})
					}
				}
				if err != nil {
					rt.Fatal(err)
				}
			}
			return failure
		})
		if !errors.Is(err, failure) {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(before, dump(s)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestValuesBecomeWhatTheColumnHolds(t *testing.T) {
	t.Parallel()
	s := store.New(nil)
	update(t, s, func(tx *store.Tx) {
		f := flow(t, tx, "s", 0)
		run := insert(t, tx, "flow_run", store.Row{
			"flow_id": f["id"], "labels": []string{"a"}, "parameters": map[string]any{"x": 1, "y": json.Number("1.50")},
			"scheduled_start_time": "2022-01-02T03:04:05.6789+02:00", "version": 7,
		})
		want := map[string]any{
			"labels": []any{"a"}, "parameters": map[string]any{"x": json.Number("1"), "y": json.Number("1.50")},
			"scheduled_start_time": time.Date(2022, 1, 2, 1, 4, 5, 678900000, time.UTC), "version": int64(7),
		}
		for column, v := range want {
			if diff := cmp.Diff(v, run[column]); diff != "" {
				t.Errorf("%s: %s", column, diff)
			}
		}
		task := insert(t, tx, "task", store.Row{"flow_id": f["id"], "retry_delay": 90 * time.Second})
		if task["retry_delay"] != "00:01:30" {
			t.Errorf("retry_delay = %v", task["retry_delay"])
		}
	})
}

func BenchmarkFlowOfThousandTasks(b *testing.B) {
	s := store.New(nil)
	for b.Loop() {
		_ = s.Update(func(tx *store.Tx) error {
			f := flow(b, tx, "s", 1000)
			insert(b, tx, "flow_run", store.Row{"flow_id": f["id"]})
			_, err := tx.Delete("tenant", text(f, "tenant_id"))
			return err
		})
	}
}
