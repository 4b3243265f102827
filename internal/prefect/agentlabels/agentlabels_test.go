package agentlabels_test

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/agentlabels"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		agent, run []string
		want       bool
	}{
		{nil, nil, true},
		{nil, []string{"a"}, false},
		{[]string{"a"}, nil, false},
		{[]string{"a"}, []string{}, false},
		{[]string{"a", "b"}, []string{"b"}, true},
		{[]string{"a", "b"}, []string{"b", "a"}, true},
		{[]string{"a"}, []string{"a", "b"}, false},
		{[]string{"a"}, []string{"A"}, false},
	} {
		if got := agentlabels.Match(tt.agent, tt.run); got != tt.want {
			t.Errorf("Match(%q, %q) = %t", tt.agent, tt.run, got)
		}
	}
}
