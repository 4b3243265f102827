// Package kubeclient connects to a Kubernetes cluster: it resolves the configuration as the kubernetes and
// helm providers do, signs in, and explains failed requests.
package kubeclient
