package api_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// call is a request that a hook has made.
type call struct {
	url    string
	header http.Header
	body   string
}

// receiver collects the requests of hooks, whatever host they are for.
type receiver struct {
	calls chan call
}

func newReceiver(s *server) *receiver {
	r := &receiver{calls: make(chan call, 100)}
	s.HTTPClient = &http.Client{Transport: r}
	return r
}

func (r *receiver) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	r.calls <- call{request.URL.String(), request.Header, string(body)}
	return httptest.NewRecorder().Result(), nil
}

// all returns what has been received once every delivery is over.
func (r *receiver) all(s *server) []call {
	s.Wait()
	var calls []call
	for len(r.calls) > 0 {
		calls = append(calls, <-r.calls)
	}
	return calls
}

func (s *server) hook(kind string, config any, states ...any) string {
	s.Helper()
	return s.id("create_cloud_hook", in{"tenant_id": s.tenant, "type": kind, "config": config, "states": states})
}

func webhook(url string) map[string]any { return map[string]any{"url": url} }

func TestRefusedCloudHooks(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	twilio := map[string]any{"account_sid": "a", "auth_token": "b", "messaging_service_sid": "c", "to": []any{}}
	pager := map[string]any{"api_token": "t", "routing_key": "r", "severity": "bad"}
	for _, test := range []struct {
		message, kind string
		config        any
		states        []any
	}{
		{"Invalid states", "WEBHOOK", webhook("u"), []any{}},
		{"Invalid states", "WEBHOOK", webhook("u"), []any{"Nope"}},
		{"Invalid states", "WEBHOOK", webhook("u"), []any{"_MetaState"}},
		{"Invalid config; expected `url`", "WEBHOOK", map[string]any{}, []any{"Failed"}},
		{"Invalid config; expected `url`", "SLACK_WEBHOOK", nil, []any{"Failed"}},
		{"Invalid config; expected `account_sid`, `auth_token`, `messaging_service_sid`, and `to`", "TWILIO", twilio, []any{"Failed"}},
		{"Invalid config; expected `api_token`, `routing_key`, & `severity`", "PAGERDUTY", webhook("u"), []any{"Failed"}},
		{"Invalid config; severity must be one of {info, warning, error, critical}", "PAGERDUTY", pager, []any{"Failed"}},
		{
			"[{'extensions': {'path': '$.selectionSet.insert_cloud_hook.args.objects', 'code': 'constraint-violation'}, 'message': " +
				"'Not-NULL violation. null value in column \"config\" of relation \"cloud_hook\" violates not-null constraint'}]",
			"PREFECT_MESSAGE", nil,
			[]any{"Failed"},
		},
	} {
		s.refused(test.message, "create_cloud_hook",
			in{"tenant_id": s.tenant, "type": test.kind, "config": test.config, "states": test.states})
	}
	hook := s.hook("WEBHOOK", webhook("u"), "success", "Failed", "FAILED")
	same(t, "states", s.row("cloud_hook", hook)["states"], []any{"FAILED", "SUCCESS"})
	s.success(true, "delete_cloud_hook", in{"cloud_hook_id": hook})
	s.success(false, "delete_cloud_hook", in{"cloud_hook_id": hook})
	s.success(false, "set_cloud_hook_active", in{"cloud_hook_id": hook})
}

func TestHooksHearOfStates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	received := newReceiver(s)
	flow, other := s.register("f", ""), s.register("g", "")
	s.hook("WEBHOOK", webhook("http://all/"), "Running", "Success")
	s.id("create_cloud_hook", in{
		"tenant_id": s.tenant, "type": "WEBHOOK", "config": webhook("http://f/"), "states": []any{"Running"},
		"version_group_id": s.row("flow", flow)["version_group_id"],
	})
	off := s.hook("WEBHOOK", webhook("http://off/"), "Running")
	s.success(true, "set_cloud_hook_inactive", in{"cloud_hook_id": off})
	tenant := s.id("create_tenant", in{"name": "O", "slug": "o"})
	s.id("create_cloud_hook", in{"tenant_id": tenant, "type": "WEBHOOK", "config": webhook("http://foreign/"), "states": []any{"Running"}})

	urls := func() []string {
		calls := received.all(s)
		urls := make([]string, len(calls))
		for i, call := range calls {
			urls[i] = call.url
		}
		slices.Sort(urls)
		return urls
	}
	run := s.run(in{"flow_id": flow, "flow_run_name": "brave-otter"})
	s.state(run, "Running")
	if got := urls(); !slices.Equal(got, []string{"http://all/", "http://f/"}) {
		t.Errorf("calls: %v", got)
	}
	s.state(s.run(in{"flow_id": other}), "Running")
	if got := urls(); !slices.Equal(got, []string{"http://all/"}) {
		t.Errorf("calls for another flow: %v", got)
	}
	s.state(run, "Success")
	calls := received.all(s)
	if len(calls) != 1 {
		t.Fatalf("calls: %v", calls)
	}
	body, _ := decode(t, calls[0].body).(map[string]any)
	event, _ := body["event"].(map[string]any)
	before, _ := event["flow_run"].(map[string]any)
	state, _ := event["state"].(map[string]any)
	same(t, "type", event["type"], "FlowRunStateChange")
	same(t, "id", event["id"], calls[0].header.Get("X-Prefect-Event-Id"))
	same(t, "run before", before["state"], "Running")
	same(t, "name", before["name"], "brave-otter")
	same(t, "state", state["state"], "Success")
	same(t, "test", event["is_test_event"], false)
	s.success(true, "delete_tenant", in{"tenant_id": tenant, "confirm": true})
}

func TestHookIsNotCalledForARefusedState(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	received := newReceiver(s)
	s.hook("WEBHOOK", webhook("http://h/"), "Running")
	if _, err := s.try("set_flow_run_states", states("flow_run_id", missing, map[string]any{"type": "Running"})); err == nil {
		t.Error("no error")
	}
	if calls := received.all(s); len(calls) > 0 {
		t.Errorf("calls: %v", calls)
	}
}

func TestHookMessages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.hook("PREFECT_MESSAGE", map[string]any{}, "Failed")
	s.state(s.run(in{"flow_id": s.register("f", "")}), "Failed")
	messages := s.rows("message", "tenant_id", s.tenant)
	if len(messages) != 1 {
		t.Fatalf("messages: %v", messages)
	}
	id := messages[0]["id"]
	same(t, "type", messages[0]["type"], "CLOUD_HOOK")
	s.success(true, "mark_message_as_read", in{"message_id": id})
	same(t, "read", s.rows("message", "tenant_id", s.tenant)[0]["read"], true)
	s.success(true, "mark_message_as_unread", in{"message_id": id})
	same(t, "unread", s.rows("message", "tenant_id", s.tenant)[0]["read"], false)
	s.success(true, "delete_message", in{"message_id": id})
	s.success(false, "mark_message_as_read", in{"message_id": id})
}

func TestTestCloudHook(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	received := newReceiver(s)
	run := s.run(in{"flow_id": s.register("f", ""), "flow_run_name": "r"})
	for _, test := range []struct {
		kind   string
		config map[string]any
		fields in
		url    string
		part   []string
	}{
		{"WEBHOOK", webhook("http://w/x"), in{}, "http://w/x", []string{`"is_test_event":true`, `"Cloud Hook Test Flow"`, `"Success"`}},
		{"WEBHOOK", webhook("http://w/x"), in{"flow_run_id": run, "state_type": "FAILED"}, "http://w/x", []string{run, `"Test failed state"`}},
		{
			"SLACK_WEBHOOK", webhook("http://s/x"),
			in{"flow_run_id": run, "state_type": "RUNNING"},
			"http://s/x",
			[]string{"Run `r` of flow `f` entered a new state:", "*State:* `Running`", "*Message:* Test running state", "http://localhost:4200/t/flow-run/" + run},
		},
		{
			"PAGERDUTY",
			map[string]any{"api_token": "t", "routing_key": "r", "severity": "error"},
			in{"flow_run_id": run},
			"https://events.pagerduty.com/v2/enqueue",
			[]string{`"severity":"error"`, `"event_action":"trigger"`},
		},
		{
			"TWILIO",
			map[string]any{"account_sid": "a", "auth_token": "b", "messaging_service_sid": "c", "to": []any{"+1"}},
			in{"flow_run_id": run, "state_type": "SCHEDULED"},
			"https://api.twilio.com/2010-04-01/Accounts/a/Messages.json",
			[]string{"To=%2B1", "From=c", "Scheduled"},
		},
	} {
		test.fields["cloud_hook_id"] = s.hook(test.kind, test.config, "Cancelled")
		same(t, test.kind, s.call("test_cloud_hook", test.fields), map[string]any{"success": true, "error": nil})
		calls := received.all(s)
		if len(calls) != 1 || calls[0].url != test.url {
			t.Fatalf("%s: calls %v", test.kind, calls)
		}
		for _, part := range test.part {
			plain := calls[0].body
			if test.kind == "SLACK_WEBHOOK" {
				plain = unescape(t, plain)
			}
			if !strings.Contains(plain, part) {
				t.Errorf("%s: no %q in %s", test.kind, part, plain)
			}
		}
	}
	message := s.hook("PREFECT_MESSAGE", map[string]any{}, "Failed")
	s.success(true, "test_cloud_hook", in{"cloud_hook_id": message})
	if len(s.rows("message", "tenant_id", s.tenant)) != 1 {
		t.Error("no message")
	}
	same(t, "missing", s.call("test_cloud_hook", in{"cloud_hook_id": missing}), map[string]any{"success": false, "error": "Invalid ID"})
	same(t, "missing run", s.call("test_cloud_hook", in{"cloud_hook_id": message, "flow_run_id": missing})["success"], false)
}

// unescape joins the texts of JSON, which escapes some characters.
func unescape(t *testing.T, document string) string {
	t.Helper()
	var message struct {
		Blocks []struct{ Text struct{ Text string } }
	}
	if err := json.Unmarshal([]byte(document), &message); err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(message.Blocks))
	for i, block := range message.Blocks {
		lines[i] = block.Text.Text
	}
	return strings.Join(lines, "\n")
}

// A receiver that asks the Server something before it answers must not wait for itself.
func TestTestCloudHookLetsOthersWork(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := s.Execute(r.Context(), s.Mutations()["update_tenant_name"], in{"tenant_id": s.tenant, "name": "asked"}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(receiver.Close)
	hook := s.hook("WEBHOOK", webhook(receiver.URL), "Failed")
	s.success(true, "test_cloud_hook", in{"cloud_hook_id": hook})
	same(t, "name", s.row("tenant", s.tenant)["name"], "asked")
}

func TestUnreachableHook(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	hook := s.hook("WEBHOOK", webhook(closed.URL), "Running")
	answer := s.call("test_cloud_hook", in{"cloud_hook_id": hook})
	if message, _ := answer["error"].(string); answer["success"] != false || !strings.Contains(message, "call cloud hook") {
		t.Errorf("answer: %v", answer)
	}
	s.state(s.run(in{"flow_id": s.register("f", "")}), "Running") // fails in the background
}

// TestHookEventFields has the fields of the events that the real Server sends, and those
// that it keeps in messages.
func TestHookEventFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	received := newReceiver(s)
	s.hook("WEBHOOK", webhook("http://r/"), "Submitted")
	messages := s.hook("PREFECT_MESSAGE", map[string]any{}, "Submitted")
	run := s.run(in{"flow_id": s.register("f", "")})
	s.call("set_flow_run_states", states("flow_run_id", run, map[string]any{"type": "Submitted"}))

	var sent struct {
		Event map[string]map[string]any
	}
	calls := received.all(s)
	if len(calls) != 1 {
		t.Fatalf("%d deliveries", len(calls))
	}
	// The event's own fields are texts.
	_ = json.Unmarshal([]byte(calls[0].body), &sent)
	const flow = "archived core_version created description edges environment flow_group flow_group_id flow_runs id is_schedule_active " +
		"name parameters project project_id run_config schedule serialized_flow storage tasks tenant tenant_id updated version " +
		"version_group_id versions"
	const tenant = "created id info name projects settings slug updated"
	nested, _ := sent.Event["flow_run"]["flow"].(map[string]any)
	of, _ := sent.Event["flow_run"]["tenant"].(map[string]any)
	known, _ := s.rows("message", "tenant_id", s.tenant)[0]["content"].(map[string]any)["event"].(map[string]any)
	for _, test := range []struct {
		name   string
		object any
		want   string
	}{
		{"flow", sent.Event["flow"], flow},
		{"flow of the run", nested, flow},
		{"tenant", sent.Event["tenant"], tenant},
		{"tenant of the run", of, tenant},
		{"state", sent.Event["state"], "created flow_run flow_run_id id message result serialized_state start_time state tenant_id timestamp updated version"},
		{"run", sent.Event["flow_run"], "agent_id auto_scheduled context created end_time flow flow_id heartbeat id idempotency_key labels logs name " +
			"parameters run_config scheduled_start_time serialized_state start_time state state_message state_result state_start_time " +
			"state_timestamp states task_runs tenant tenant_id times_resurrected updated version"},
		{"message", known, "flow flow_run state tenant"},
		{"run in a message", known["flow_run"], "flow id name state tenant version"},
		{"flow in a message", known["flow"], "flow_group_id id name version_group_id"},
		{"state in a message", known["state"], "flow_run_id id message result serialized_state start_time state tenant_id timestamp version"},
	} {
		object, _ := test.object.(map[string]any)
		if got := strings.Join(slices.Sorted(maps.Keys(object)), " "); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}

	s.call("test_cloud_hook", in{"cloud_hook_id": messages, "state_type": "SUBMITTED"})
	content, _ := s.rows("message", "tenant_id", s.tenant)[1]["content"].(map[string]any)
	known, _ = content["event"].(map[string]any)
	state, _ := known["state"].(map[string]any)["serialized_state"].(map[string]any)
	if inner, present := state["state"]; known["is_test_event"] != true || !present || inner != nil {
		t.Errorf("test event in a message: %v", known)
	}
}

// TestStateProblems reports all that is wrong with a state.
func TestStateProblems(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	for given, want := range map[string]string{
		`{"type": []}`:   "{'type': ['Invalid value: []']}",
		`{"type": true}`: "{'type': ['Unsupported value: True']}",
		`{"type": null}`: "{'type': ['Missing data for required field.']}",
		`{"type": "Resume", "_result": null, "start_time": "bad"}`: "{'_result': ['Field may not be null.'], 'start_time': ['Not a valid datetime.']}",
		`{"type": "Failed", "_result": 1}`:                         "'int' object has no attribute 'get'",
	} {
		s.refused(want, "set_flow_run_states", states("flow_run_id", run, decode(t, given)))
	}
}
