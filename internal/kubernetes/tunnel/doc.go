// Package tunnel connects to a Service through the cluster's API, as kubectl port-forward does, for a Server
// that is not exposed.
package tunnel
