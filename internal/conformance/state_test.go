package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// fixture is a state as Terraform stores it, written by a provider whose schema
// of the resource had the version. A change that raises a schema's version adds
// a fixture of the new version and keeps the old ones.
func fixture(t *testing.T, kind string, version int64) []byte {
	t.Helper()
	name := fmt.Sprintf("testdata/states/%s.v%d.json", kind, version)
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no state of %s with schema version %d: add %s, taken from `terraform state pull`", kind, version, name)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// States of all schema versions can be read, also without what was added since
// and with what was removed since.
func TestStatesStayReadable(t *testing.T) {
	t.Parallel()
	session := acctest.Connect(t, acctest.EmptyServer(t, prefectserver.Options{}), nil)
	for kind, current := range session.Resources() {
		for version := range current + 1 {
			raw := fixture(t, kind, version)
			if raw == nil {
				continue
			}
			var written map[string]any
			if err := json.Unmarshal(raw, &written); err != nil {
				t.Fatal(err)
			}
			read, found := session.Upgrade(kind, version, raw)
			if len(found) > 0 {
				t.Errorf("%s, version %d: %+v", kind, version, found)
				continue
			}
			if version != current {
				continue
			}
			if !holds(read, written) {
				t.Errorf("%s: the state\n%v\nwas read as\n%v", kind, written, read)
			}
			for name := range written {
				if name != "id" {
					checkWithout(t, session, kind, current, written, name)
				}
			}
		}
	}
}

// checkWithout reads a state from before an attribute was added, with one that
// was removed since.
func checkWithout(t *testing.T, session *acctest.Session, kind string, version int64, written map[string]any, name string) {
	t.Helper()
	state := maps.Clone(written)
	delete(state, name)
	state["removed_since"] = map[string]any{"a": []any{1}}
	raw, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	read, found := session.Upgrade(kind, version, raw)
	if len(found) > 0 || read["id"] != written["id"] || read[name] != nil {
		t.Errorf("%s without %s was read as %v: %+v", kind, name, read, found)
	}
}

// holds says whether what was read is what was written; attributes that were
// added since are null.
func holds(read, written any) bool {
	switch w := written.(type) {
	case map[string]any:
		r, ok := read.(map[string]any)
		if !ok {
			return false
		}
		for name, value := range r {
			before, there := w[name]
			if !there && value != nil || there && !holds(value, before) {
				return false
			}
		}
		for name := range w {
			if _, there := r[name]; !there {
				return false
			}
		}
		return true
	case []any:
		r, ok := read.([]any)
		return ok && slices.EqualFunc(r, w, holds)
	}
	return read == written
}
