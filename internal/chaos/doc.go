// Package chaos holds peers that misbehave: servers, proxies and commands that are not part of the embedded stack and that do
// what networks and clusters do on a bad day. Tests put them where a Server or a cluster should be.
//
// Its own tests put a proxy between the provider, run by Terraform as a user runs it, and a Server. The proxy lets requests
// through and spoils the answers. Whatever came back, one apply after the attack leaves exactly one object of each kind:
// nothing is lost and nothing exists twice. `make chaos` builds the provider and sets PREFECT_CHAOS to its directory; without it
// these tests are skipped.
package chaos
