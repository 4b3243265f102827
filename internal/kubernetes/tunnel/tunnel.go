package tunnel

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// tunnelIdle is how long a tunnel without connections stays open.
const tunnelIdle = time.Minute

// Tunnel connects to a Service through the cluster's API, for a Server that is not exposed. The first
// connection opens it, all share it, it is reopened when it breaks or its pod is replaced, and it closes
// after a minute without use. It is safe for concurrent use.
type Tunnel struct {
	client func() (*kubeclient.Client, error)
	target Target
	idle   time.Duration

	lock    chan struct{} // held while current is being selected
	current *podLink
	closed  chan struct{}
	closing sync.Once
}

// New returns a tunnel that is not open yet. client returns the cluster's client; it is called for the first
// connection.
func New(client func() (*kubeclient.Client, error), target Target) *Tunnel {
	return &Tunnel{client: client, target: target, idle: tunnelIdle, lock: make(chan struct{}, 1), closed: make(chan struct{})}
}

// DialContext connects to the Service and ignores the address. Its signature is that of http.Transport's
// DialContext. Errors are *Error, *kubeclient.ConfigError for a wrong cluster configuration, or the
// context's.
func (t *Tunnel) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	for {
		l, fresh, err := t.choose(ctx)
		if err != nil {
			return nil, err
		}
		conn, err := l.dial(ctx)
		if err == nil {
			return conn, nil
		}
		l.retire()
		l.release()
		if fresh || ctx.Err() != nil {
			return nil, err
		}
		// An existing podLink may have been broken for a while; retry once with a new one.
	}
}

// Close closes the tunnel and its connections. No connection can be opened afterwards.
func (t *Tunnel) Close() {
	t.closing.Do(func() { close(t.closed) })
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if t.current != nil {
		t.current.end()
		t.current = nil
	}
}

// choose returns the current podLink, or a fresh one, for one more connection.
func (t *Tunnel) choose(ctx context.Context) (l *podLink, fresh bool, err error) {
	select {
	case t.lock <- struct{}{}:
		defer func() { <-t.lock }()
	case <-ctx.Done():
		return nil, false, t.interrupted(ctx)
	}
	select {
	case <-t.closed:
		return nil, false, fmt.Errorf("port-forward to Service %s: %w", t.target.Service, net.ErrClosed)
	default:
	}
	client, err := t.client()
	if err != nil {
		return nil, false, err
	}
	target := t.target
	target.Namespace = client.InNamespace(target.Namespace)
	if l = t.current; l != nil && l.acquire() {
		if l.backend.serves(ctx, client, target.Namespace) {
			return l, false, nil
		}
		l.retire()
		l.release()
	}
	if l, err = t.open(ctx, client, target); err != nil {
		if ctx.Err() != nil {
			return nil, false, t.interrupted(ctx)
		}
		return nil, false, err
	}
	l.acquire()
	t.current = l
	return l, true, nil
}

// open opens a podLink to a pod of the Service.
func (t *Tunnel) open(ctx context.Context, client *kubeclient.Client, target Target) (*podLink, error) {
	// Close must not wait for a cluster that does not answer.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-t.closed:
			cancel()
		case <-stop:
		}
	}()
	chosen, err := chooseBackend(ctx, client, target)
	if err != nil {
		return nil, err
	}
	connection, err := portForward(ctx, client, target.Namespace, chosen.pod)
	if err != nil {
		return nil, target.failure(chosen.pod, "opening the port-forward", kubeclient.Classify("create", "pods/portforward", target.Namespace, chosen.pod, err))
	}
	return &podLink{connection: connection, target: target, backend: chosen, idle: t.idle}, nil
}

func (t *Tunnel) interrupted(ctx context.Context) error {
	return fmt.Errorf("port-forward to Service %s: %w", t.target.Service, context.Cause(ctx))
}
