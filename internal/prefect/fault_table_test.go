package prefect_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// faultTable collects what became of each mutation under each trouble.
type faultTable struct {
	mu    sync.Mutex
	cells map[string][]string // by mutation and trouble, one result for each number of faults
}

func newFaultTable() *faultTable { return &faultTable{cells: map[string][]string{}} }

// add adds a result: how many requests were sent, and whether the mutation has
// happened exactly once and the caller was told so.
func (f *faultTable) add(m mutationCase, trouble string, sent int, once bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	result := fmt.Sprintf("once (%d)", sent)
	if !once {
		result = "**WRONG**"
	}
	f.cells[m.name+"/"+trouble] = append(f.cells[m.name+"/"+trouble], result)
}

// markdown is the table, mutations down and troubles across.
func (f *faultTable) markdown() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	b.WriteString("\nEach cell: how often the mutation happened, and in parentheses how many requests were sent; creations also with the fault twice.\n\n| Mutation | Field |")
	for _, t := range troubles() {
		b.WriteString(" " + t.name + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(troubles())) + "\n")
	for _, m := range mutationCases() {
		fmt.Fprintf(&b, "| %s | `%s` |", m.name, m.field)
		for _, t := range troubles() {
			results := f.cells[m.name+"/"+t.name]
			if len(results) == 0 {
				results = []string{"not run"}
			}
			b.WriteString(" " + strings.Join(slices.Sorted(slices.Values(results)), ", ") + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}
