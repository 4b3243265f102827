package kubeclient

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/gentype"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
)

// Interface is the part of client-go's clientset that this program uses. The clientset itself registers every API group of
// Kubernetes when the program starts, which costs every command of Terraform time and memory.
type Interface interface {
	CoreV1() CoreV1
	BatchV1() BatchV1
}

// CoreV1 is the API group core/v1.
type CoreV1 interface {
	Pods(namespace string) Pods
	Services(namespace string) Services
	Events(namespace string) Events
	RESTClient() rest.Interface
}

// BatchV1 is the API group batch/v1.
type BatchV1 interface {
	Jobs(namespace string) Jobs
}

// Pods are the pods of a namespace, or of all for "".
type Pods interface {
	Reader[*corev1.PodList]
	GetLogs(name string, opts *corev1.PodLogOptions) *rest.Request
}

// Services are the services of a namespace.
type Services interface {
	Get(ctx context.Context, name string, opts metav1.GetOptions) (*corev1.Service, error)
}

// Events are the events of a namespace, or of all for "".
type Events interface {
	Reader[*corev1.EventList]
}

// Jobs are the Jobs of a namespace, or of all for "".
type Jobs interface {
	Reader[*batchv1.JobList]
	Get(ctx context.Context, name string, opts metav1.GetOptions) (*batchv1.Job, error)
	Create(ctx context.Context, job *batchv1.Job, opts metav1.CreateOptions) (*batchv1.Job, error)
	Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error
}

// Reader lists and watches objects.
type Reader[L any] interface {
	List(ctx context.Context, opts metav1.ListOptions) (L, error)
	Watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error)
}

// api is Interface for a cluster.
type api struct {
	core, batch rest.Interface
	parameters  runtime.ParameterCodec
}

// newAPI connects to the two groups with one transport and one rate limit, as client-go's clientset does.
func newAPI(config *rest.Config) (*api, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, batchv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register the API of Kubernetes: %w", err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	shared := *config
	if shared.UserAgent == "" {
		shared.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	shared.NegotiatedSerializer = rest.CodecFactoryForGeneratedClient(scheme, serializer.NewCodecFactory(scheme)).WithoutConversion()
	if shared.RateLimiter == nil && shared.QPS > 0 {
		shared.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(shared.QPS, shared.Burst)
	}
	client, err := rest.HTTPClientFor(&shared)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it is about
	}
	group := func(path string, version schema.GroupVersion) (rest.Interface, error) {
		own := shared
		own.APIPath, own.GroupVersion = path, &version
		return rest.RESTClientForConfigAndClient(&own, client)
	}
	a := &api{parameters: runtime.NewParameterCodec(scheme)}
	if a.core, err = group("/api", corev1.SchemeGroupVersion); err != nil {
		return nil, err
	}
	a.batch, err = group("/apis", batchv1.SchemeGroupVersion)
	return a, err
}

// CoreV1 implements Interface.
func (a *api) CoreV1() CoreV1 { return coreV1{a} }

// BatchV1 implements Interface.
func (a *api) BatchV1() BatchV1 { return batchV1{a} }

type coreV1 struct{ *api }

func (c coreV1) RESTClient() rest.Interface { return c.core }

func (c coreV1) Pods(namespace string) Pods {
	return pods{gentype.NewClientWithList("pods", c.core, c.parameters, namespace,
		func() *corev1.Pod { return &corev1.Pod{} }, func() *corev1.PodList { return &corev1.PodList{} }), c, namespace}
}

func (c coreV1) Services(namespace string) Services {
	return gentype.NewClient("services", c.core, c.parameters, namespace, func() *corev1.Service { return &corev1.Service{} })
}

func (c coreV1) Events(namespace string) Events {
	return gentype.NewClientWithList("events", c.core, c.parameters, namespace,
		func() *corev1.Event { return &corev1.Event{} }, func() *corev1.EventList { return &corev1.EventList{} })
}

type pods struct {
	*gentype.ClientWithList[*corev1.Pod, *corev1.PodList]

	group     coreV1
	namespace string
}

// GetLogs makes the request for a container's log.
func (p pods) GetLogs(name string, opts *corev1.PodLogOptions) *rest.Request {
	return p.group.core.Get().Namespace(p.namespace).Name(name).Resource("pods").SubResource("log").VersionedParams(opts, p.group.parameters)
}

type batchV1 struct{ *api }

func (b batchV1) Jobs(namespace string) Jobs {
	return gentype.NewClientWithList("jobs", b.batch, b.parameters, namespace,
		func() *batchv1.Job { return &batchv1.Job{} }, func() *batchv1.JobList { return &batchv1.JobList{} })
}
