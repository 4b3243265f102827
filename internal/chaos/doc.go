// Package chaos holds peers that misbehave: servers, proxies and commands that are not part of the embedded stack and that do
// what networks and clusters do on a bad day. Tests put them where a Server or a cluster should be.
package chaos
