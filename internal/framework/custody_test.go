package framework_test

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// TestCustody plans the addresses of one object in every order.
func TestCustody(t *testing.T) {
	t.Parallel()
	object := framework.Object{Type: "prefect_project", ID: "1"}
	type step = func(*framework.Custody) framework.Conflict
	keep := func(c *framework.Custody) framework.Conflict { return c.Keep(object) }
	create := func(c *framework.Custody) framework.Conflict { return c.Create(object) }
	letGo := func(c *framework.Custody) framework.Conflict { return c.LetGo(object) }
	for name, test := range map[string]struct {
		steps []step
		want  framework.Conflict
	}{
		"created":                {[]step{create}, framework.NoConflict},
		"destroyed":              {[]step{letGo}, framework.NoConflict},
		"kept":                   {[]step{keep, keep}, framework.NoConflict},
		"created, then let go":   {[]step{create, letGo}, framework.LetGoAndHeld},
		"let go, then created":   {[]step{letGo, create}, framework.LetGoAndHeld},
		"imported, then let go":  {[]step{keep, letGo}, framework.LetGoAndHeld},
		"let go, then imported":  {[]step{letGo, keep}, framework.LetGoAndHeld},
		"kept, then created":     {[]step{keep, create}, framework.HeldTwice},
		"created, then kept":     {[]step{create, keep}, framework.HeldTwice},
		"let go for good, twice": {[]step{letGo, letGo}, framework.NoConflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c framework.Custody
			var got framework.Conflict
			for i, step := range test.steps {
				if got = step(&c); i < len(test.steps)-1 && got != framework.NoConflict {
					t.Errorf("step %d: %v", i, got)
				}
			}
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if c.Keep(framework.Object{Type: "prefect_project", ID: "2"}) != framework.NoConflict || c.InState(object) {
				t.Error("another object is concerned")
			}
		})
	}
}
