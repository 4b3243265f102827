package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// How long a receiver may take.
const (
	hookTimeout  = 2 * time.Second
	slackTimeout = time.Second
)

// hookEvent is a change of a flow run's state, as hooks report it.
type hookEvent struct {
	id   string
	at   time.Time
	test bool
	// What is known of each object: the run as it was before, its flow and tenant in it.
	run, state, flow, tenant map[string]any
	hooks                    []store.Row
}

// document is what webhooks are sent: objects with all the fields of the service's models,
// null where nothing is known.
func (e hookEvent) document(database *schema.Database) map[string]any {
	return map[string]any{
		"id": e.id, "timestamp": isoFormat(e.at), "type": "FlowRunStateChange", "is_test_event": e.test,
		"flow_run": completed(database, "flow_run", e.run), "state": completed(database, "flow_run_state", e.state),
		"flow": completed(database, "flow", e.flow), "tenant": completed(database, "tenant", e.tenant),
	}
}

// known is the event as messages keep it: only what is known.
func (e hookEvent) known() map[string]any {
	known := map[string]any{"flow_run": e.run, "state": e.state, "flow": e.flow, "tenant": e.tenant}
	if e.test {
		known["is_test_event"] = true
	}
	return known
}

// modelRelations are the fields that the service's models have beside the columns.
func modelRelations(table string) []string {
	return map[string][]string{
		"flow":           {"project", "tenant", "tasks", "edges", "flow_runs", "versions", "flow_group"},
		"flow_run":       {"tenant", "flow", "states", "task_runs", "logs"},
		"flow_run_state": {"flow_run"},
		"tenant":         {"projects"},
	}[table]
}

// completed adds the fields of a model that are not known.
func completed(database *schema.Database, table string, known map[string]any) map[string]any {
	all := map[string]any{}
	for _, column := range database.Table(table).Columns {
		all[column.Name] = nil
	}
	for _, relation := range modelRelations(table) {
		all[relation] = nil
	}
	if table == "flow" {
		delete(all, "settings") // which the model does not have
	}
	for field, value := range known {
		if nested, isObject := value.(map[string]any); isObject && slices.Contains(modelRelations(table), field) {
			value = completed(database, field, nested)
		}
		all[field] = value
	}
	return all
}

// notify finds the hooks for a new state, and calls them once the transaction is committed. Messages are rows, so
// they are part of it.
func (a *API) notify(ctx context.Context, tx *store.Tx, run, state store.Row) {
	flow, _ := tx.Get("flow", rowText(run, "flow_id"))
	hooks := matchingHooks(tx, run, flow, rowText(state, "state"))
	if len(hooks) == 0 {
		return
	}
	tenant, _ := tx.Get("tenant", rowText(run, "tenant_id"))
	event := hookEvent{
		id: a.newID(), at: a.now(), hooks: hooks,
		run:    pick(run, "id", "state", "name", "version"),
		flow:   pick(flow, "id", "name", "flow_group_id", "version_group_id"),
		tenant: pick(tenant, "id", "slug"),
		state:  pick(state, "id", "tenant_id", "flow_run_id", "version", "state", "message", "result", "serialized_state"),
	}
	event.run["flow"], event.run["tenant"] = event.flow, event.tenant
	for _, column := range []string{"timestamp", "start_time"} {
		event.state[column] = nil
		if at, ok := rowTime(state, column); ok {
			event.state[column] = isoFormat(at)
		}
	}
	for _, hook := range hooks {
		if hook["type"] != "PREFECT_MESSAGE" {
			continue
		}
		if err := createHookMessage(tx, event); err != nil {
			a.logger().Error("cloud hook failed", "hook", hook["id"], "error", err)
		}
	}
	if box, ok := ctx.Value(outboxKey{}).(*outbox); ok {
		box.events = append(box.events, event)
		return
	}
	a.callHooksInBackground(ctx, event)
}

// matchingHooks are the tenant's active hooks for the state and for the flow's version
// group or for all.
func matchingHooks(tx *store.Tx, run, flow store.Row, state string) []store.Row {
	var hooks []store.Row
	for _, hook := range tx.By("cloud_hook", "tenant_id", run["tenant_id"]) {
		if !rowBool(hook, "active") || !hasText(hook["states"], strings.ToUpper(state)) {
			continue
		}
		if group := hook["version_group_id"]; group == nil || group == flow["version_group_id"] {
			hooks = append(hooks, hook)
		}
	}
	return hooks
}

func hasText(values any, wanted string) bool {
	for _, value := range list(values) {
		if value == wanted {
			return true
		}
	}
	return false
}

func (a *API) callHooksInBackground(ctx context.Context, event hookEvent) {
	ctx = context.WithoutCancel(ctx)
	for _, hook := range event.hooks {
		if hook["type"] == "PREFECT_MESSAGE" {
			continue
		}
		a.deliveries.Go(func() {
			if err := a.callHook(ctx, hook, event); err != nil {
				a.logger().Error("cloud hook failed", "hook", hook["id"], "error", err)
			}
		})
	}
}

// callHook sends an event to the receiver. The receiver's response is ignored.
func (a *API) callHook(ctx context.Context, hook store.Row, event hookEvent) error {
	config := object(hook["config"])
	switch hook["type"] {
	case "WEBHOOK":
		header := http.Header{"X-Prefect-Event-Id": {event.id}}
		return a.postJSON(ctx, text(config, "url"), header, map[string]any{"event": event.document(a.Store.Database())}, hookTimeout)
	case "SLACK_WEBHOOK":
		return a.postJSON(ctx, text(config, "url"), nil, a.slackMessage(event), slackTimeout)
	case "PAGERDUTY":
		header := http.Header{"Authorization": {"Token token=" + text(config, "api_token")}}
		return a.postJSON(ctx, "https://events.pagerduty.com/v2/enqueue", header, a.pagerDutyEvent(config, event), hookTimeout)
	case "TWILIO":
		return a.callTwilio(ctx, config, event)
	}
	return fail("Invalid type")
}

// link is where a user interface shows the run.
func (a *API) link(event hookEvent) string {
	return fmt.Sprintf("%s/%s/flow-run/%s", cmp.Or(a.URL, defaultURL), text(event.tenant, "slug"), text(event.run, "id"))
}

func (e hookEvent) message() any { return object(e.state["serialized_state"])["message"] }

func (a *API) slackMessage(event hookEvent) map[string]any {
	message := "None"
	if written, ok := event.message().(string); ok {
		message = written
	}
	lines := []string{
		fmt.Sprintf("Run `%s` of flow `%s` entered a new state:", text(event.run, "name"), text(event.flow, "name")),
		fmt.Sprintf("*State:* `%s`", text(event.state, "state")),
		"*Message:* " + message,
		"*Link:* " + a.link(event),
	}
	blocks := make([]any, len(lines))
	for i, line := range lines {
		blocks[i] = map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": line}}
	}
	return map[string]any{"blocks": blocks}
}

func (a *API) pagerDutyEvent(config map[string]any, event hookEvent) map[string]any {
	run, flow := text(event.run, "name"), text(event.flow, "name")
	state, slug := text(event.state, "state"), text(event.tenant, "slug")
	message, _ := event.message().(string)
	return map[string]any{
		"routing_key": config["routing_key"], "event_action": "trigger",
		"payload": map[string]any{
			"summary":  fmt.Sprintf("Run %s entered a new state: %s", run, state),
			"severity": config["severity"], "source": "cloud.prefect.io/" + slug, "component": flow, "group": run,
			"class": "State->" + state,
			"custom_details": map[string]any{
				"flow": flow, "flow_run": run, "state": state, "state_message": message, "tenant_slug": slug,
			},
		},
		"links": []any{map[string]any{"href": a.link(event), "text": "Flow Run " + run}},
	}
}

// callTwilio sends a text message to every number.
func (a *API) callTwilio(ctx context.Context, config map[string]any, event hookEvent) error {
	account, token := text(config, "account_sid"), text(config, "auth_token")
	body := fmt.Sprintf("Run %s of flow %s entered a new state: %s. \n Link: %s",
		text(event.run, "name"), text(event.flow, "name"), text(event.state, "state"), a.link(event))
	address := "https://api.twilio.com/2010-04-01/Accounts/" + url.PathEscape(account) + "/Messages.json"
	for _, to := range stringsOf(config["to"]) {
		form := url.Values{"To": {to}, "From": {text(config, "messaging_service_sid")}, "Body": {body}}
		request, cancel, err := newPost(ctx, address, strings.NewReader(form.Encode()), hookTimeout)
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth(account, token)
		err = a.send(request)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *API) postJSON(ctx context.Context, address string, header http.Header, body any, timeout time.Duration) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	request, cancel, err := newPost(ctx, address, bytes.NewReader(encoded), timeout)
	if err != nil {
		return err
	}
	defer cancel()
	request.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		request.Header[name] = values
	}
	return a.send(request)
}

func newPost(ctx context.Context, address string, body io.Reader, timeout time.Duration) (*http.Request, context.CancelFunc, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("call cloud hook: %w", err)
	}
	return request, cancel, nil
}

func (a *API) send(request *http.Request) error {
	response, err := cmp.Or(a.HTTPClient, http.DefaultClient).Do(request)
	if err != nil {
		return fmt.Errorf("call cloud hook: %w", err)
	}
	if err := response.Body.Close(); err != nil {
		return fmt.Errorf("call cloud hook: %w", err)
	}
	return nil
}
