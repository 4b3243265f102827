package provider_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

const (
	parallelism = 10 // Terraform's default
	maxRequests = 40 // of a refresh of 1,000 objects and more
)

// TestAccRefreshOfMany counts the requests that it takes to refresh 1,000 flows in 50 projects, asked for as Terraform
// does: each by itself, ten at a time, in no order. Then those of their flow groups, of cloud hooks and of tenants.
func TestAccRefreshOfMany(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	flows := manyFlows(t, server, 50, 20)
	var others []*object
	for _, o := range flows {
		if o.kind == "prefect_flow" {
			others = append(others, &object{kind: "prefect_flow_group", id: o.id})
		}
	}
	others = append(others, manyHooks(t, server, 300)...)
	others = append(others, manyTenants(t, server, 100)...)
	for _, test := range []struct {
		name    string
		objects []*object
	}{
		{"projects and flows", flows},
		{"flow groups, cloud hooks and tenants", others},
	} {
		objects := newTerraform(t, server).imported(test.objects)
		server.Server.ResetRequests()
		terraform := newTerraform(t, server) // each command starts the provider anew
		started := time.Now()
		inParallel(t, objects, func(o *object) error {
			again, err := terraform.read(o)
			if err == nil && !again.state.Equal(o.state) {
				err = fmt.Errorf("%s %s differs after the refresh", o.kind, o.id)
			}
			return err
		})
		count := map[string]int{}
		requests := server.Server.Requests()
		for _, request := range requests {
			count[request.Operation]++
		}
		t.Logf("refresh of %d objects (%s): %d requests in %s: %v", len(objects), test.name, len(requests),
			time.Since(started).Round(time.Millisecond), count)
		if len(requests) > maxRequests {
			t.Errorf("%d requests for %s, want at most %d", len(requests), test.name, maxRequests)
		}
	}
}

// manyHooks makes cloud hooks.
func manyHooks(t *testing.T, server *acctest.PrefectServer, n int) []*object {
	t.Helper()
	return many(t, n, "prefect_cloud_hook", func(name string) (string, error) {
		return server.Client.CreateCloudHook(t.Context(), prefect.CreateCloudHookInput{
			Type: prefect.CloudHookPrefectMessage, Name: &name, States: []string{"FAILED"}, Config: json.RawMessage("{}"),
		})
	})
}

// manyTenants makes tenants.
func manyTenants(t *testing.T, server *acctest.PrefectServer, n int) []*object {
	t.Helper()
	return many(t, n, "prefect_tenant", func(name string) (string, error) {
		return server.Client.CreateTenant(t.Context(), name, name)
	})
}

// many makes objects of a kind, by names.
func many(t *testing.T, n int, kind string, create func(name string) (string, error)) []*object {
	t.Helper()
	objects := make([]*object, n)
	for i := range objects {
		objects[i] = &object{kind: kind}
	}
	inParallel(t, indexes(n), func(i int) error {
		id, err := create(fmt.Sprintf("object-%d", i))
		objects[i].id = id
		return err
	})
	return objects
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// manyFlows registers flows, and returns them and their projects.
func manyFlows(t *testing.T, server *acctest.PrefectServer, projects, each int) []*object {
	t.Helper()
	objects := many(t, projects, "prefect_project", func(name string) (string, error) {
		return server.Client.CreateProject(t.Context(), name, nil)
	})
	for _, project := range objects[:projects:projects] {
		objects = append(objects, many(t, each, "prefect_flow", func(name string) (string, error) {
			id, err := server.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
				ProjectID: project.id, SerializedFlow: emptyFlow(name), IdempotencyKey: name,
			})
			if err != nil {
				return "", err
			}
			registered, err := server.Client.GetFlow(t.Context(), id)
			if err != nil {
				return "", err
			}
			return registered.VersionGroupID, nil
		})...)
	}
	return objects
}

func emptyFlow(name string) map[string]any {
	return map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": name, "tasks": []any{}, "edges": []any{},
		"parameters": []any{}, "reference_tasks": []any{}, "schedule": nil, "environment": nil,
		"run_config": map[string]any{"type": "UniversalRun", "labels": []any{}, "env": nil, "__version__": "1.4.1"},
		"storage":    map[string]any{"type": "Local", "__version__": "1.4.1", "flows": map[string]any{}, "max_retries": json.Number("0")},
	}
}

// object is a resource in state.
type object struct {
	kind, id string
	raw      *tfprotov6.DynamicValue
	private  []byte
	state    tftypes.Value
}

// terraformCommand is a provider process as one Terraform command sees it.
type terraformCommand struct {
	*testing.T
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

func newTerraform(t *testing.T, server *acctest.PrefectServer) *terraformCommand {
	t.Helper()
	c := &terraformCommand{T: t, server: providerserver.NewProtocol6(provider.New("test")())()}
	var err error
	if c.schemas, err = c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	kind, ok := c.schemas.Provider.ValueType().(tftypes.Object)
	if !ok {
		t.Fatal("the provider block is not an object")
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	values["endpoint"] = tftypes.NewValue(tftypes.String, server.API)
	values["tenant"] = tftypes.NewValue(tftypes.String, server.TenantID)
	config, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	configured, err := c.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(err, configured.Diagnostics)
	}
	return c
}

// imported brings objects into state.
func (c *terraformCommand) imported(objects []*object) []*object {
	c.Helper()
	var mu sync.Mutex
	var all []*object
	inParallel(c.T, objects, func(o *object) error {
		resp, err := c.server.ImportResourceState(c.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: o.kind, ID: o.id})
		if err != nil || len(resp.Diagnostics) > 0 || len(resp.ImportedResources) != 1 {
			return fmt.Errorf("import %s %s: %w, %v", o.kind, o.id, err, resp.Diagnostics)
		}
		found := resp.ImportedResources[0]
		read, err := c.read(&object{kind: o.kind, id: o.id, raw: found.State, private: found.Private})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, read)
		return nil
	})
	if len(all) != len(objects) {
		c.Fatalf("%d objects in state, want %d", len(all), len(objects))
	}
	return all
}

// read refreshes an object.
func (c *terraformCommand) read(o *object) (*object, error) {
	resp, err := c.server.ReadResource(c.Context(), &tfprotov6.ReadResourceRequest{TypeName: o.kind, CurrentState: o.raw, Private: o.private})
	if err != nil {
		return nil, err
	}
	for _, d := range resp.Diagnostics {
		return nil, fmt.Errorf("read %s %s: %s: %s", o.kind, o.id, d.Summary, d.Detail)
	}
	state, err := resp.NewState.Unmarshal(c.schemas.ResourceSchemas[o.kind].ValueType())
	if err == nil && state.IsNull() {
		err = fmt.Errorf("%s %s is gone", o.kind, o.id)
	}
	return &object{kind: o.kind, id: o.id, raw: resp.NewState, private: resp.Private, state: state}, err
}

// inParallel calls f for all, as many at a time as Terraform does, in no order.
func inParallel[T any](t *testing.T, all []T, f func(T) error) {
	t.Helper()
	shuffled := slices.Clone(all)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	var next atomic.Int64
	var workers sync.WaitGroup
	for range parallelism {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(shuffled)); i = next.Add(1) - 1 {
				if err := f(shuffled[i]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}
