package framework

import (
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// ProviderData is what the provider hands to everything it serves once it has
// been configured.
type ProviderData struct {
	// Prefect is the Server client. It is nil while the provider's own
	// configuration holds values that are unknown, which happens during plan
	// when the Server is created in the same apply. Callers then skip what they
	// would have checked remotely; see Ready.
	Prefect *prefect.Client

	// Unknown names the provider attributes that were unknown, for messages.
	Unknown []string

	// Afterwards is what is done when a call has returned.
	Afterwards *Afterwards

	// Claims are the objects that resources of this process hold.
	Claims Claims

	// Custody notices objects that move between addresses of one plan.
	Custody Custody

	// ScheduleOwners are the resources that set the switch of a schedule.
	ScheduleOwners ScheduleOwners

	kubernetes func() (*kubeclient.Client, error)

	mu      sync.Mutex
	tenants map[string]*prefect.Client // by slug or id
}

// NewProviderData returns provider data for a client, which is nil while the
// configuration named by unknown is not known. cluster makes the Kubernetes
// client; it is nil without a `kubernetes` attribute, and called at most once,
// when something first needs the cluster, so that a kubeconfig which the same
// apply writes does not have to exist at plan.
func NewProviderData(client *prefect.Client, cluster func() (*kubeclient.Client, error), unknown ...string) *ProviderData {
	data := &ProviderData{Prefect: client, Unknown: unknown, Afterwards: &Afterwards{}}
	if cluster != nil {
		data.kubernetes = sync.OnceValues(cluster)
	}
	return data
}

// Ready says whether the Server can be asked. It is false before the provider
// is configured (validation) and while its configuration is unknown (plan), and
// may be called on nil.
func (d *ProviderData) Ready() bool {
	return d != nil && d.Prefect != nil
}

// InTenant returns a client that works in the tenant with this slug or id, and
// the provider's own client for "". It may only be called if Ready. Clients are
// kept, so that each tenant is looked up once and not at every object of it.
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

// HasCluster says whether the configuration names a Kubernetes cluster whose
// settings are all known. It does not contact the cluster.
func (d *ProviderData) HasCluster() bool {
	return d != nil && d.kubernetes != nil
}

// Kubernetes returns the client of the configured cluster, or nil without an
// error if there is none (or its settings are still unknown). The error is that
// of making a client from the configuration, such as a missing kubeconfig.
func (d *ProviderData) Kubernetes() (*kubeclient.Client, error) {
	if !d.HasCluster() {
		return nil, nil
	}
	return d.kubernetes()
}
