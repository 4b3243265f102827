// Package kubeclient reaches a Kubernetes cluster: it resolves the configuration as the kubernetes and helm providers do, signs
// in, and says why a request failed.
package kubeclient
