package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// A creation without proper answer, of which the Server cannot be asked, says so and between which moments the object was
// created, whatever the attempts after the first one have met.
func TestCreationThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	creations := map[string]func(ctx context.Context, c *prefect.Client) (string, error){
		"tenant": func(ctx context.Context, c *prefect.Client) (string, error) { return c.CreateTenant(ctx, "New", "new") },
		"project": func(ctx context.Context, c *prefect.Client) (string, error) {
			return c.CreateProject(ctx, "new", ptr("d"))
		},
		"cloud_hook": func(ctx context.Context, c *prefect.Client) (string, error) {
			return c.CreateCloudHook(ctx, prefect.CreateCloudHookInput{
				Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: json.RawMessage(`{"url":"http://127.0.0.1:9"}`),
			})
		},
	}
	refused := prefectserver.Fault{Status: http.StatusUnauthorized}
	cases := map[string]func(f *prefectserver.Faults, field, query string){
		"the Server is gone": func(f *prefectserver.Faults, _, _ string) { f.Add(prefectserver.Fault{Drop: prefectserver.DropBefore}) },
		"credentials expire": func(f *prefectserver.Faults, _, _ string) { f.Add(refused) },
		// The look finds nothing, and the next attempt is refused before the one after it can be looked for.
		"refused later": func(f *prefectserver.Faults, field, query string) {
			f.Add(prefectserver.Fault{Field: field, Status: http.StatusUnauthorized, Before: func() {
				f.Add(prefectserver.Fault{Field: query, Status: http.StatusUnauthorized})
			}})
		},
	}
	for kind, create := range creations {
		for name, after := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				e := newEnv(t, prefectserver.Options{})
				faults := e.server.Faults()
				field := "create_" + kind
				faults.Add(prefectserver.Fault{Field: field, Times: 1, Drop: prefectserver.DropBefore, Before: func() { after(faults, field, kind) }})
				_, err := e.TenantID(t.Context())
				check(t, err)
				before := time.Now()
				_, err = create(t.Context(), e.Client)
				var uncertain *prefect.UncertainError
				if !errors.As(err, &uncertain) || !errors.Is(err, prefect.ErrUncertain) {
					t.Fatalf("the error is %v", err)
				}
				if p := uncertain.Period; !p.Holds(before) || !p.Holds(time.Now()) || p.Holds(before.Add(-time.Minute)) || p.Holds(time.Now().Add(time.Hour)) {
					t.Errorf("created from %s to %s", p.From, p.To)
				}
			})
		}
	}
}
