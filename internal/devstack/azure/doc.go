// Package azure simulates as much of Azure Resource Manager as the modules under
// modules/ need, so that they can be applied, planned again, changed and
// destroyed with the real azurerm provider and without an account.
//
// The simulation is deterministic: identifiers that Azure would choose at random are derived from the paths of the
// resources. It keeps what it is sent, adds what Azure fills in (resource_types.go), makes long-running operations take a few
// polls, and refuses what Azure refuses in general: resources in groups that do not exist, API versions that a type
// does not have, a second role assignment for the same principal, the deletion of a subnet that is used, a change of
// a cluster while one of its pools is being changed, anything of a resource provider that is not registered. A role
// takes effect only once a cluster has been created after the role was granted (Acts): Azure may take five minutes,
// and a cluster takes longer. If the client did not finish the role before it requested the cluster, the role counts
// as granted after the cluster. Its clusters hand out a kubeconfig that the caller chooses, for example the embedded
// control plane's.
package azure
