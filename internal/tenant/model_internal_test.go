package tenant

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestSlugify(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"default": "default", "Data Team": "data-team", "team's": "team-s", "a_b": "a-b", "A--B  c": "a-b-c",
		"R&D": "r-d", " x.y ": "x-y", "50% done": "50-done",
	} {
		got, ok := slugify(name)
		if !ok || got != want {
			t.Errorf("slugify(%q) = %q, %t; want %q", name, got, ok, want)
		}
		if !slugs.MatchString(got) {
			t.Errorf("slugify(%q) = %q, which is not a slug", name, got)
		}
	}
	for _, name := range []string{"", "--", "Müller", "数据"} {
		if got, ok := slugify(name); ok {
			t.Errorf("slugify(%q) = %q", name, got)
		}
	}
}

func TestLosses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contents prefect.Contents
		want     string
	}{
		{prefect.Contents{}, ""},
		{prefect.Contents{Projects: 1}, "1 project, 0 flow versions and 0 flow runs"},
		{prefect.Contents{Projects: 2, Flows: 1, FlowRuns: 3, ActiveFlowRuns: 1}, "2 projects, 1 flow version and 3 flow runs (1 of them not finished)"},
		{prefect.Contents{CloudHooks: 1}, "0 projects, 0 flow versions, 0 flow runs and 1 cloud hook"},
		{prefect.Contents{FlowRuns: 2, ActiveFlowRuns: 1, CloudHooks: 2}, "0 projects, 0 flow versions, 2 flow runs (1 of them not finished) and 2 cloud hooks"},
	} {
		if got := losses(&test.contents); got != test.want {
			t.Errorf("losses(%+v) = %q, want %q", test.contents, got, test.want)
		}
	}
}
