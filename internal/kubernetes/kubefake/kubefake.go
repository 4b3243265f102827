// Package kubefake makes a client of Kubernetes for tests from any clientset, such as client-go's fake.
package kubefake

import (
	"k8s.io/client-go/kubernetes"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// New returns a client that works in a namespace, "default" for "".
func New(set kubernetes.Interface, namespace string) *kubeclient.Client {
	return kubeclient.NewClientFromInterface(clientset{set}, namespace)
}

type clientset struct{ set kubernetes.Interface }

func (c clientset) CoreV1() kubeclient.CoreV1   { return coreV1{c.set.CoreV1()} }
func (c clientset) BatchV1() kubeclient.BatchV1 { return batchV1{c.set.BatchV1()} }

// IsWatchListSemanticsUnSupported keeps informers from asking a fake for a list by a watch.
func (clientset) IsWatchListSemanticsUnSupported() bool { return true }

type coreV1 struct{ typedcorev1.CoreV1Interface }

func (c coreV1) Pods(namespace string) kubeclient.Pods { return c.CoreV1Interface.Pods(namespace) }
func (c coreV1) Services(namespace string) kubeclient.Services {
	return c.CoreV1Interface.Services(namespace)
}
func (c coreV1) Events(namespace string) kubeclient.Events {
	return c.CoreV1Interface.Events(namespace)
}

type batchV1 struct{ typedbatchv1.BatchV1Interface }

func (b batchV1) Jobs(namespace string) kubeclient.Jobs { return b.BatchV1Interface.Jobs(namespace) }
