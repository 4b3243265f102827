// Package prefect is a client of Prefect Server 1.x: its GraphQL API over HTTP, with retries that never do a thing
// twice, typed errors, and the configuration rules of the 1.x command line. It knows nothing of Terraform.
//
// A [Client] works in one tenant: the one named by its configuration, or else the only tenant there is. Prefect
// Server itself keeps tenants apart in no way, so every read here carries the tenant's id.
//
// All methods are safe for concurrent use and stop at once when their context ends.
package prefect
