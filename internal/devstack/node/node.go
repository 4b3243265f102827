package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// Node is a virtual node.
type Node struct {
	options  Options
	client   kubernetes.Interface
	recorder record.EventRecorder
	ready    chan struct{}
	commands *commands

	guard *process.Guard
	root  string

	mu      sync.Mutex
	workers map[types.UID]*worker
	running sync.WaitGroup
}

// New makes a node; Run registers and runs it.
func New(options Options) (*Node, error) {
	if options.REST == nil {
		return nil, errors.New("make a virtual node: Options.REST is missing")
	}
	options = options.withDefaults()
	config := rest.CopyConfig(options.REST)
	config.QPS, config.Burst = 200, 400
	config.UserAgent = "devstack-node"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a virtual node: %w", err)
	}
	return &Node{
		options: options, client: client,
		ready: make(chan struct{}), workers: map[types.UID]*worker{},
	}, nil
}

// Name is the node's name.
func (n *Node) Name() string { return n.options.Name }

// Ready is closed when the node is registered and watches its pods.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Run registers the node and runs its pods until ctx ends. Then it kills all
// processes, removes the node from the cluster and returns nil. It can be called
// once.
func (n *Node) Run(ctx context.Context) error {
	if err := n.prepare(ctx); err != nil {
		return err
	}
	defer func() { _ = n.guard.Close() }()

	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for log requests: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	serving, err := n.serve(ctx, listener)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer serving()
	defer n.record(ctx)()

	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		_ = listener.Close()
		return fmt.Errorf("listen for log requests: %s is no TCP address", listener.Addr())
	}
	port := int32(address.Port)
	if err := n.register(ctx, port); err != nil {
		return err
	}
	defer n.unregister(ctx)
	defer n.running.Wait()
	defer cancel()
	n.running.Go(func() { n.heartbeat(ctx, port) })
	if err := n.watchPods(ctx); err != nil {
		return err
	}
	close(n.ready)
	n.options.Logger.Info("virtual node is ready", "node", n.options.Name)
	<-ctx.Done()
	return nil
}

// prepare makes the directory of the containers.
func (n *Node) prepare(ctx context.Context) error {
	guard, err := process.NewGuard(ctx)
	if err != nil {
		return fmt.Errorf("start the virtual node: %w", err)
	}
	n.guard = guard
	root, err := os.MkdirTemp("", "devstack-node-")
	if err == nil {
		n.root = root
		err = guard.RemoveAtEnd(root)
	}
	if err == nil {
		n.commands, err = newCommands(filepath.Join(root, "bin"), n.options.FlowRunCommand, n.options.IgnorePrefect)
	}
	if err != nil {
		_ = guard.Close()
		return fmt.Errorf("start the virtual node: %w", err)
	}
	return nil
}

// record starts the recording of events and returns a function that ends it.
func (n *Node) record(ctx context.Context) func() {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: n.client.CoreV1().Events("")})
	n.recorder = broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet", Host: n.options.Name})
	return broadcaster.Shutdown
}

// watchPods starts a worker for every pod bound to this node, and returns when
// the pods that were there at the start are known.
func (n *Node) watchPods(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(n.client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", n.options.Name).String()
		}))
	informer := factory.Core().V1().Pods().Informer()
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(object any, _ bool) {
			if pod, ok := object.(*corev1.Pod); ok {
				n.observe(ctx, pod)
			}
		},
		UpdateFunc: func(_, object any) {
			if pod, ok := object.(*corev1.Pod); ok {
				n.observe(ctx, pod)
			}
		},
		DeleteFunc: func(object any) {
			if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = unknown.Obj
			}
			if pod, ok := object.(*corev1.Pod); ok {
				n.forget(pod.UID)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("watch the pods of node %s: %w", n.options.Name, err)
	}
	factory.Start(ctx.Done())
	n.running.Go(factory.Shutdown)
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return fmt.Errorf("watch the pods of node %s: %w", n.options.Name, ctx.Err())
	}
	return nil
}

// observe passes what the API says about a pod to its worker.
func (n *Node) observe(ctx context.Context, pod *corev1.Pod) {
	n.mu.Lock()
	w := n.workers[pod.UID]
	if w == nil {
		if ctx.Err() != nil {
			n.mu.Unlock()
			return
		}
		w = newWorker(ctx, n, pod)
		n.workers[pod.UID] = w
		n.running.Go(w.run)
	}
	n.mu.Unlock()
	w.observe(pod)
}

// forget ends the worker of a pod that no longer exists.
func (n *Node) forget(uid types.UID) {
	n.mu.Lock()
	w := n.workers[uid]
	delete(n.workers, uid)
	n.mu.Unlock()
	if w != nil {
		w.cancel()
	}
}

// find returns the worker of a pod by name; the newest if a name was used again.
func (n *Node) find(namespace, name string) *worker {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found *worker
	for _, w := range n.workers {
		if w.pod.Namespace != namespace || w.pod.Name != name {
			continue
		}
		if found == nil || found.pod.CreationTimestamp.Before(&w.pod.CreationTimestamp) {
			found = w
		}
	}
	return found
}

// now is the time in the precision of the API.
func now() metav1.Time { return metav1.NewTime(time.Now().Truncate(time.Second)) }
