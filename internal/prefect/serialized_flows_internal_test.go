package prefect

import (
	"slices"
	"testing"
)

// TestBatches keeps the tasks of one request within the limit, however large single flows are.
func TestBatches(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		tasks []int
		want  []int // flows of each batch
	}{
		"none":        {nil, nil},
		"few":         {[]int{1, 2, 3}, []int{3}},
		"full":        {[]int{4, 4, 4}, []int{2, 1}},
		"one is huge": {[]int{1, 1000, 1}, []int{1, 1, 1}},
		"huge first":  {[]int{1000, 1, 1}, []int{1, 2}},
	} {
		flows := make([]Flow, len(tt.tasks))
		for i, n := range tt.tasks {
			flows[i].TaskCount = n
		}
		var got []int
		for _, batch := range batches(flows, 10) {
			got = append(got, len(batch))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
