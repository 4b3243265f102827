// Package prefect is a client of Prefect Server 1.x: its GraphQL API over HTTP, with retries that never
// execute an operation twice, typed errors, and the configuration rules of the 1.x command line. It knows
// nothing of Terraform.
//
// A [Client] works in one tenant: the one that its configuration names, or else the Server's only tenant.
// Prefect Server itself does not separate tenants, so every read here filters by the tenant's id.
//
// All methods are safe for concurrent use and stop at once when their context ends.
package prefect
