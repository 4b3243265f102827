package runwait

import (
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestFindAgents(t *testing.T) {
	t.Parallel()
	seen := func(ago time.Duration) *time.Time { at := epoch.Add(-ago); return &at }
	agent := func(name string, last *time.Time, labels ...string) prefect.Agent {
		return prefect.Agent{ID: "id-" + name, Name: name, Labels: labels, LastQueried: last}
	}
	for _, tt := range []struct {
		name     string
		agents   []prefect.Agent
		labels   []string
		suitable bool
		says     []string
	}{
		{name: "none", labels: []string{"a"}, says: []string{"No agent has ever registered", `"a"`}},
		{name: "matching", agents: []prefect.Agent{agent("k8s", seen(5*time.Second), "a", "b")}, labels: []string{"a"}, suitable: true, says: []string{`"k8s"`, "5s ago"}},
		{name: "mismatch", agents: []prefect.Agent{agent("k8s", seen(0), "b")}, labels: []string{"a"}, says: []string{"No agent has matching labels", `"k8s" (labels "b"`, `"a"`}},
		{name: "a subset is not enough", agents: []prefect.Agent{agent("k8s", seen(0), "a")}, labels: []string{"a", "b"}, says: []string{"No agent has matching labels"}},
		{name: "dead", agents: []prefect.Agent{agent("k8s", seen(2*time.Hour), "a")}, labels: []string{"a"}, says: []string{"no longer ask for work", "2h0m0s ago"}},
		{name: "never asked", agents: []prefect.Agent{agent("k8s", nil, "a")}, labels: []string{"a"}, says: []string{"never asked for work"}},
		{name: "unlabelled run, labelled agent", agents: []prefect.Agent{agent("k8s", seen(0), "a")}, says: []string{"only agents without labels take"}},
		{name: "unlabelled both", agents: []prefect.Agent{agent("", seen(0))}, suitable: true, says: []string{`"id-" (no labels, last asked for work just now)`}},
		{
			name: "one alive among others", agents: []prefect.Agent{agent("old", seen(time.Hour), "a"), agent("new", seen(time.Second), "a")},
			labels: []string{"a"}, suitable: true, says: []string{`"new"`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := FindAgents(tt.agents, tt.labels, epoch)
			if got.Suitable != tt.suitable {
				t.Errorf("suitable: %t", got.Suitable)
			}
			for _, part := range tt.says {
				if !strings.Contains(got.Text, part) {
					t.Errorf("does not say %q: %s", part, got.Text)
				}
			}
		})
	}
}
