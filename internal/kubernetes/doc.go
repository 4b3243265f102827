// Package kubernetes groups what the provider and its tests know about Kubernetes:
//
//   - kubeclient: how to reach a cluster, and why a request to it failed;
//   - entra: how to sign in to an AKS cluster with Microsoft Entra ID;
//   - tunnel: how to reach a Service that is not exposed;
//   - jobspec: which Job the Prefect Kubernetes agent makes of a flow run;
//   - runjobs: the Jobs of a flow run and their pods.
//
// The package itself contains only tests: those that need a real control plane.
package kubernetes
