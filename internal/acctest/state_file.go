package acctest

import (
	"encoding/json"
)

// Instance is an instance of a resource as a state file has it.
type Instance struct {
	Index      int            `json:"index_key"`
	Version    int64          `json:"schema_version"`
	Attributes map[string]any `json:"attributes"`
	Private    []byte         `json:"private,omitempty"`
}

// Instance is the resource as instance of a resource with `count`.
func (a Applied) Instance(index int) Instance {
	return Instance{Index: index, Attributes: a.State, Private: a.private}
}

// WriteState writes the state of one resource with many instances, as if Terraform had created them, which writes its
// state once for each. provider is the address of the provider.
func (w *Workspace) WriteState(provider, kind, name string, instances []Instance) {
	w.t.Helper()
	text, err := json.Marshal(map[string]any{
		"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": w.t.Name(), "outputs": map[string]any{},
		"resources": []any{map[string]any{
			"mode": "managed", "type": kind, "name": name, "provider": "provider[\"" + provider + "\"]", "instances": instances,
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Write("terraform.tfstate", string(text))
}
