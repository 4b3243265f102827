package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// TestKeys has flows of every kind registered by the command line and by
// Terraform, each in a project of its own, and compares the keys: those that
// the client computes, prefect_flow computes and the function flow_key
// computes. Then each takes over what the other has registered, and nothing
// happens.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorkshop(t)
	document := filepath.ToSlash(filepath.Join(w.home, "corpus.json"))
	w.python("corpus.py", document)
	w.prefect("create", "project", "terraform")
	other, err := w.server.Client.FindProject(t.Context(), "terraform")
	if err != nil {
		t.Fatal(err)
	}

	names := flowNames(t, document)
	says(t, w.register("--json", document, "--label", "shared"), fmt.Sprintf("%d registered =", len(names)))
	keys := map[string]string{}
	for _, name := range names {
		key := w.expect(name, 1).Group.Settings.IdempotencyKey
		keys[name] = key
		if computed := keyOf(t, document, name, "shared"); computed != key {
			t.Errorf("%s: the client stored the key %q, the provider computes %q", name, key, computed)
		}
	}

	terraform := w.terraform(nil, fmt.Sprintf(`
locals {
  flows = provider::prefect::flows(file(%q))
}

resource "prefect_flow" "adopted" {
  for_each   = local.flows
  project_id = %q
  flow_json  = each.value
  labels     = ["shared"]
}

import {
  for_each = local.flows
  to       = prefect_flow.adopted[each.key]
  id       = "%s/${each.key}"
}

resource "prefect_flow" "own" {
  for_each   = local.flows
  project_id = %q
  flow_json  = each.value
  labels     = ["shared"]
}

output "keys" {
  value = {
    for name, flow in local.flows : name => [
      provider::prefect::flow_key(flow, null, ["shared"]),
      prefect_flow.own[name].idempotency_key,
      prefect_flow.adopted[name].idempotency_key,
    ]
  }
}
`, document, w.projectID, project, other.ID))
	planned := terraform.plan()
	for _, name := range names {
		adopted, own := planned[address("adopted", name)], planned[address("own", name)]
		if len(adopted.Importing) == 0 || !slices.Equal(adopted.Actions, []string{"no-op"}) || !slices.Equal(own.Actions, []string{"create"}) {
			t.Errorf("%s: the plan for the flow of the client is %+v, want to import it and change nothing; for Terraform's own it is %+v", name, adopted, own)
		}
	}
	terraform.must("apply", "-input=false", "-no-color", "planned")
	var computed map[string][]string
	terraform.output("keys", &computed)
	for _, name := range names {
		if want := []string{keys[name], keys[name], keys[name]}; !slices.Equal(computed[name], want) {
			t.Errorf("%s: the client stored the key %s; flow_key, the own and the adopted prefect_flow have %q", name, keys[name], computed[name])
		}
	}
	for _, in := range []string{"terraform", project} {
		again := w.prefect("register", "--project", in, "--json", document, "--label", "shared")
		says(t, again, fmt.Sprintf("0 registered, %d skipped", len(names)))
	}
	terraform.unchanged("after the client registered the same flows")
	if !t.Failed() {
		t.Logf("%d flows have the same key by the client, by prefect_flow and by flow_key:\n%s", len(names), strings.Join(names, "\n"))
	}
}

// address is that of one of the resources made by for_each, as Terraform writes it.
func address(resource, key string) string {
	return "prefect_flow." + resource + `["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"]`
}

func flowNames(t *testing.T, document string) []string {
	t.Helper()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := serialization.ParseDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(parsed.Flows))
	for _, flow := range parsed.Flows {
		names = append(names, flow.Name())
	}
	return names
}

// keyOf is the key that this project computes.
func keyOf(t *testing.T, document, name string, labels ...string) string {
	t.Helper()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := serialization.ParseFlow(data, name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := flow.WithLabels(labels).Key()
	if err != nil {
		t.Fatal(err)
	}
	return key
}
