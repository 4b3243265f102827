package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first := s.register("f", "")
	second := s.register("f", `{"run_config": null}`)
	same(t, "version", s.row("flow", second)["version"], decode(t, "2"))
	same(t, "group", s.row("flow", first)["version_group_id"], s.row("flow", second)["version_group_id"])
	same(t, "first archived", s.row("flow", first)["archived"], true)
	same(t, "second archived", s.row("flow", second)["archived"], false)

	other := s.register("g", "")
	if s.row("flow", other)["version_group_id"] == s.row("flow", first)["version_group_id"] {
		t.Error("another name shares the version group")
	}
	project := s.id("create_project", in{"tenant_id": s.tenant, "name": "Q"})
	elsewhere := s.id("create_flow", in{"project_id": project, "serialized_flow": flowOf(t, "f", "")})
	if s.row("flow", elsewhere)["version_group_id"] == s.row("flow", first)["version_group_id"] {
		t.Error("the same name in another project shares the version group")
	}
	explicit := s.id("create_flow", in{
		"project_id": project, "serialized_flow": flowOf(t, "h", ""), "version_group_id": s.row("flow", first)["version_group_id"],
	})
	same(t, "explicit version", s.row("flow", explicit)["version"], decode(t, "3"))
	same(t, "second archived now", s.row("flow", second)["archived"], true)
	// The name h now belongs to the group in that project.
	again := s.id("create_flow", in{"project_id": project, "serialized_flow": flowOf(t, "h", "")})
	same(t, "again", s.row("flow", again)["version"], decode(t, "4"))
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	register := func(key any) string {
		return s.id("create_flow", in{"project_id": s.project, "serialized_flow": flowOf(t, "f", ""), "idempotency_key": key})
	}
	a := register("A")
	if register("A") != a {
		t.Error("the same key made a version")
	}
	b := register("B")
	if a == b || register("A") == a {
		t.Error("only the last key counts")
	}
	group := s.rows("flow_group", "tenant_id", s.tenant)[0]
	same(t, "settings", group["settings"], decode(t, `{"heartbeat_enabled": true, "lazarus_enabled": true,
		"version_locking_enabled": false, "idempotency_key": "A"}`))
	null := register(nil)
	if register(nil) == null {
		t.Error("no key is not a key")
	}
	last := register("C")
	s.success(true, "archive_flow", in{"flow_id": last})
	if register("C") == last {
		t.Error("an archived flow came back")
	}
}

func TestCompressedFlow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plain, err := json.Marshal(flowOf(t, "f", ""))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	compressed := base64.StdEncoding.EncodeToString(packed.Bytes())
	id := s.id("create_flow_from_compressed_string", in{"project_id": s.project, "serialized_flow": compressed})
	same(t, "name", s.row("flow", id)["name"], "f")
	for _, garbage := range []string{"garbage", "Z2FyYmFnZQ=="} {
		s.refused("Unable to decompress serialized flow", "create_flow_from_compressed_string",
			in{"project_id": s.project, "serialized_flow": garbage})
	}
}

func TestFlowParts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.register("f", `{"parameters": [{"slug": "p", "name": "p", "required": true, "default": null, "tags": []}]}`)
	tasks := s.rows("task", "flow_id", id)
	if len(tasks) != 2 {
		t.Fatalf("tasks: %v", tasks)
	}
	same(t, "retries", tasks[0]["max_retries"], decode(t, "2"))
	same(t, "delay", tasks[0]["retry_delay"], "00:00:30")
	same(t, "trigger", tasks[0]["trigger"], "all")
	same(t, "tags", tasks[1]["tags"], []any{"x"})
	edges := s.rows("edge", "flow_id", id)
	if len(edges) != 1 || edges[0]["upstream_task_id"] != tasks[0]["id"] || edges[0]["mapped"] != true {
		t.Errorf("edges: %v", edges)
	}
	flow := s.row("flow", id)
	same(t, "core version", flow["core_version"], "1.4.1")
	same(t, "parameters", flow["parameters"],
		decode(t, `[{"slug": "p", "name": "p", "required": true, "default": null, "tags": []}]`))
}

func TestRefusedFlows(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for message, document := range map[string]any{
		"'list' object has no attribute 'get'": []any{},
		"Prefect backends require new flows to be built with Prefect 0.6.1+, but this flow was built with Prefect 0.5.0.": flowOf(t, "f", `{"__version__": "0.5.0"}`),
		"1 validation error for FlowSchema\ntasks -> 0 -> slug\n  field required (type=value_error.missing)":              flowOf(t, "f", `{"tasks": [{}]}`),
		"1 validation error for FlowSchema\nrun_config\n  value is not a valid dict (type=type_error.dict)":               flowOf(t, "f", `{"run_config": [1]}`),
		"[{'extensions': {'path': '$.selectionSet.insert_flow.args.objects', 'code': 'constraint-violation'}, " +
			"'message': 'Not-NULL violation. null value in column \"name\" of relation \"flow\" violates not-null constraint'}]": flowOf(t, "f", `{"name": null}`),
	} {
		s.refused(message, "create_flow", in{"project_id": s.project, "serialized_flow": document})
	}
	s.refused("Invalid project.", "create_flow", in{"project_id": missing, "serialized_flow": flowOf(t, "f", "")})
}

// TestInfiniteNumbers: Python reads them as infinite, and the database takes no such JSON.
func TestInfiniteNumbers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for number, want := range map[string]string{
		"1e400": "Unable to complete operation. An internal API error occurred.", "1" + strings.Repeat("0", 400): "",
	} {
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		_, _ = writer.Write([]byte(`{"name": "` + number[:2] + `", "storage": {"n": [` + number + `]}}`))
		_ = writer.Close()
		input := in{"project_id": s.project, "serialized_flow": base64.StdEncoding.EncodeToString(packed.Bytes())}
		if want == "" {
			s.call("create_flow_from_compressed_string", input)
			continue
		}
		s.refused(want, "create_flow_from_compressed_string", input)
	}
}

func TestUnknownEdgeLeavesNoFlow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bad := flowOf(t, "f", `{"edges": [{"upstream_task": {"slug": "zzz"}, "downstream_task": {"slug": "b-1"}}]}`)
	s.refused("Unable to complete operation. An internal API error occurred.", "create_flow",
		in{"project_id": s.project, "serialized_flow": bad, "version_group_id": "g", "idempotency_key": "k"})
	if flows := s.rows("flow", "project_id", s.project); len(flows) != 0 {
		t.Errorf("flows: %v", flows)
	}
	// The real service has no transaction: the group and its new key stay.
	groups := s.rows("flow_group", "tenant_id", s.tenant)
	if len(groups) != 1 {
		t.Errorf("groups: %v", groups)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.register("f", `{"tasks": [], "edges": []}`)
	tasks := decode(t, `[{"slug": "a"}, {"slug": "b"}]`)
	s.success(true, "register_tasks", in{"flow_id": id, "serialized_tasks": tasks})
	s.success(true, "register_tasks", in{"flow_id": id, "serialized_tasks": decode(t, `[{"slug": "b"}, {"slug": "c"}]`)})
	edge := func(up, down string) any {
		return decode(t, `[{"upstream_task": {"slug": "`+up+`"}, "downstream_task": "`+down+`"}]`)
	}
	s.success(true, "register_edges", in{"flow_id": id, "serialized_edges": edge("a", "b")})
	s.success(true, "register_edges", in{"flow_id": id, "serialized_edges": edge("a", "b")})
	s.refused("Edges could not be registered - some edges reference tasks that do not exist within this flow.",
		"register_edges", in{"flow_id": id, "serialized_edges": edge("a", "q")})
	s.refused("Foreign key violation.", "register_tasks", in{"flow_id": missing, "serialized_tasks": tasks})
	s.refused("'NoneType' object has no attribute 'tasks'", "register_edges", in{"flow_id": missing, "serialized_edges": edge("a", "b")})
	if len(s.rows("task", "flow_id", id)) != 3 || len(s.rows("edge", "flow_id", id)) != 1 {
		t.Error("wrong number of tasks or edges")
	}
	document, _ := s.row("flow", id)["serialized_flow"].(map[string]any)
	same(t, "serialized tasks", document["tasks"], decode(t, `[{"slug": "a"}, {"slug": "b"}, {"slug": "c"}]`))
}

func TestArchiving(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"schedule": {"clocks": [{"type": "CronClock", "cron": "0 0 * * *"}]}}`)
	pending, running := s.run(in{"flow_id": flow}), s.run(in{"flow_id": flow})
	s.state(running, "Running")
	auto := len(s.rows("flow_run", "flow_id", flow)) - 2
	if auto != 10 {
		t.Errorf("%d scheduled runs", auto)
	}
	s.success(true, "archive_flow", in{"flow_id": flow})
	if left := len(s.rows("flow_run", "flow_id", flow)); left != 2 {
		t.Errorf("%d runs left", left)
	}
	same(t, "pending run", s.row("flow_run", pending)["state"], "Cancelled")
	same(t, "why", s.row("flow_run", pending)["state_message"], "Flow "+flow+" was archived.")
	same(t, "running run", s.row("flow_run", running)["state"], "Running")
	s.success(true, "archive_flow", in{"flow_id": flow})
	s.success(false, "archive_flow", in{"flow_id": missing})
	s.refused("Flow "+flow+" is archived.", "create_flow_run", in{"flow_id": flow})
}

func TestMovingAndDeletingFlows(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	target := s.id("create_project", in{"tenant_id": s.tenant, "name": "Q"})
	tenant := s.id("create_tenant", in{"name": "O", "slug": "o"})
	foreign := s.id("create_project", in{"tenant_id": tenant, "name": "Q"})
	s.id("update_flow_project", in{"flow_id": flow, "project_id": target})
	same(t, "project", s.row("flow", flow)["project_id"], target)
	for _, bad := range []in{{"flow_id": flow, "project_id": foreign}, {"flow_id": missing, "project_id": target}} {
		s.refused("Invalid flow or project ID.", "update_flow_project", bad)
	}
	run := s.run(in{"flow_id": flow})
	s.success(true, "delete_flow", in{"flow_id": flow})
	s.success(false, "delete_flow", in{"flow_id": flow})
	if s.row("flow_run", run) != nil || len(s.rows("task", "flow_id", flow)) > 0 {
		t.Error("parts of the flow are left")
	}
	group := s.rows("flow_group", "tenant_id", s.tenant)[0]["id"]
	s.success(true, "delete_flow_group", in{"flow_group_id": group})
	s.success(false, "delete_flow_group", in{"flow_group_id": group})
}
