package framework

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/keyedlock"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// ProviderData is what the configured provider passes to its resources, data sources and actions.
type ProviderData struct {
	// Prefect is the Server client. It is nil while the provider configuration contains unknown values, which
	// happens during plan when the same apply creates the Server. Callers then skip their remote checks; see
	// Ready.
	Prefect *prefect.Client

	// Unknown lists the provider attributes that were unknown, for messages.
	Unknown []string

	// Afterwards runs tasks after a call has returned.
	Afterwards *Afterwards

	// Progress records when operations of this process succeed.
	Progress *Progress

	// Claims records what resources of this process use.
	Claims Claims

	// Custody detects objects that move between addresses of one plan.
	Custody Custody

	// ScheduleOwners records the resources that set a schedule's `schedule_active`.
	ScheduleOwners ScheduleOwners

	locks      keyedlock.Lock[fmt.Stringer]
	kubernetes func() (*kubeclient.Client, error)

	mu      sync.Mutex
	tenants map[string]*prefect.Client // by slug or id
	polls   map[*prefect.Client]*runwait.Polls
}

// NewProviderData returns provider data for a client. client is nil while the provider attributes listed in
// unknown are not known. cluster makes the Kubernetes client. It is nil without a `kubernetes` attribute, and
// called at most once, when something first needs the cluster: a kubeconfig written by the same apply need
// not exist at plan.
func NewProviderData(client *prefect.Client, cluster func() (*kubeclient.Client, error), unknown ...string) *ProviderData {
	data := &ProviderData{Prefect: client, Unknown: unknown, Afterwards: &Afterwards{}, Progress: &Progress{}}
	if cluster != nil {
		data.kubernetes = sync.OnceValues(cluster)
	}
	return data
}

// Ready reports whether the Server can be reached. It is false before the provider is configured (validation)
// and while its configuration is unknown (plan). d may be nil.
func (d *ProviderData) Ready() bool {
	return d != nil && d.Prefect != nil
}

// InTenant returns a client for the tenant with this slug or id, and the provider's own client for "". Call
// it only if Ready. Clients are cached, so each tenant is looked up once and not once per object.
func (d *ProviderData) InTenant(slugOrID string) *prefect.Client {
	if slugOrID == "" {
		return d.Prefect
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	client, ok := d.tenants[slugOrID]
	if !ok {
		client = d.Prefect.WithTenant(slugOrID)
		if d.tenants == nil {
			d.tenants = map[string]*prefect.Client{}
		}
		d.tenants[slugOrID] = client
	}
	return client
}

// FlowRunPolls returns what the waits for flow runs of a tenant share, by the client of that tenant.
func (d *ProviderData) FlowRunPolls(client *prefect.Client) *runwait.Polls {
	d.mu.Lock()
	defer d.mu.Unlock()
	polls, ok := d.polls[client]
	if !ok {
		polls = &runwait.Polls{}
		if d.polls == nil {
			d.polls = map[*prefect.Client]*runwait.Polls{}
		}
		d.polls[client] = polls
	}
	return polls
}

// Client returns the client for an object with this `tenant_id`: the provider's own if it is not set.
func (d *ProviderData) Client(tenantID types.String) *prefect.Client {
	return d.InTenant(tenantID.ValueString())
}

// Lock waits until no other operation of this process works on what the key names, and makes others wait until release
// is called. It gives up only when ctx ends; then it returns errors and release is nil. The key is comparable, names the
// object in messages, and has a type of its own for each purpose.
func (d *ProviderData) Lock(ctx context.Context, key fmt.Stringer) (release func(), diags diag.Diagnostics) {
	release, err := d.locks.Acquire(ctx, key)
	if err != nil {
		return nil, Diagnose(err, fmt.Sprintf("Could not wait for another operation on %s", key))
	}
	return release, nil
}

// HasCluster reports whether the configuration names a Kubernetes cluster whose settings are all known. It
// does not contact the cluster.
func (d *ProviderData) HasCluster() bool {
	return d != nil && d.kubernetes != nil
}

// Kubernetes returns the client of the configured cluster, or nil without an error if there is none or its
// settings are still unknown. The error is about making the client, such as a missing kubeconfig.
func (d *ProviderData) Kubernetes() (*kubeclient.Client, error) {
	if !d.HasCluster() {
		return nil, nil
	}
	return d.kubernetes()
}
