package devstack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/kubelet"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// Stack is a running stack.
type Stack struct {
	// API is the Server's URL, TenantID its tenant; both empty with ClusterOnly.
	API, TenantID string
	// Kubeconfig is the path of the cluster's configuration, Namespace where the
	// agent makes Jobs.
	Kubeconfig, Namespace string
	// Server is the embedded Server, nil with ClusterOnly.
	Server *prefectserver.Server
	// REST reaches the cluster.
	REST *rest.Config
	// Node is the name of the virtual or real node; empty if there is none.
	Node string

	options Options
	parts   []part
	nodeTLS func(name string) (*tls.Config, error)
	// nodeCredentials are those of a real node.
	nodeCredentials func(name string, address net.IP) (authority, certificate, key []byte, err error)
	real            *kubelet.Node

	done   chan struct{}
	failed sync.Once
	err    error

	stop    sync.Once
	stopErr error
}

// part is something that runs until it is stopped.
type part struct {
	name string
	stop func() error
}

// Start starts a stack and returns when all of it is ready. ctx bounds the start
// alone: the stack runs until Stop. If something does not start, what has been
// started is stopped again.
func Start(ctx context.Context, options Options) (*Stack, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Stack{Namespace: options.Namespace, options: options, done: make(chan struct{})}
	begin := time.Now()
	if err := s.start(ctx); err != nil {
		if stopErr := s.Stop(); stopErr != nil {
			err = errors.Join(err, stopErr)
		}
		return nil, err
	}
	s.progress("ready after %s", since(begin))
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	steps := []func(context.Context) error{s.startRealNode, s.startServer, s.startCluster, s.startNode, s.startAgent}
	if s.options.ClusterOnly {
		steps = []func(context.Context) error{s.startRealNode, s.startCluster, s.startNode}
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("start the stack: %w", err)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Labels are those of the stack's agent.
func (s *Stack) Labels() []string { return s.options.Labels }

// OwnCluster reports whether the cluster was started here, and ends with the stack.
func (s *Stack) OwnCluster() bool { return s.options.Kubeconfig == "" }

// Environment is what programs that use the stack need, as NAME=VALUE.
func (s *Stack) Environment() []string {
	if s.options.ClusterOnly {
		environment := []string{"PREFECT_ACC_KUBECONFIG=" + s.Kubeconfig}
		if s.real != nil {
			environment = append(environment, "PREFECT_ACC_LISTEN="+s.real.Gateway().String())
		}
		return environment
	}
	return []string{
		"PREFECT__BACKEND=server",
		"PREFECT__CLOUD__API=" + s.API,
		"PREFECT__CLOUD__TENANT_ID=" + s.TenantID,
		"KUBECONFIG=" + s.Kubeconfig,
	}
}

// Done is closed when a part has ended unexpectedly; Err then says which.
func (s *Stack) Done() <-chan struct{} { return s.done }

// Err says why a part ended, once Done is closed.
func (s *Stack) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends all parts, the last started first, and leaves nothing behind. It may
// be called more than once.
func (s *Stack) Stop() error {
	s.stop.Do(func() {
		for i := len(s.parts) - 1; i >= 0; i-- {
			if err := s.parts[i].stop(); err != nil {
				s.stopErr = errors.Join(s.stopErr, fmt.Errorf("stop the %s: %w", s.parts[i].name, err))
			}
		}
	})
	return s.stopErr
}

// background runs a part in the background until the stack stops. An end before
// that is a failure of the stack.
func (s *Stack) background(ctx context.Context, name string, run func(context.Context) error) <-chan error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		err := run(ctx)
		ended <- err
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended by itself")
			}
			s.fail(fmt.Errorf("%s: %w", name, err))
		}
	}()
	s.parts = append(s.parts, part{name: name, stop: func() error {
		cancel()
		<-finished
		return nil
	}})
	return ended
}

// watch makes the stack fail when one of its parts does.
func (s *Stack) watch(p interface {
	Done() <-chan struct{}
	Err() error
}) {
	go func() {
		select {
		case <-p.Done():
			s.fail(p.Err())
		case <-s.done:
		}
	}()
}

func (s *Stack) fail(err error) {
	s.failed.Do(func() {
		s.err = err
		close(s.done)
	})
}

func (s *Stack) progress(format string, arguments ...any) {
	s.options.Progress(fmt.Sprintf(format, arguments...))
}

func since(begin time.Time) time.Duration { return time.Since(begin).Round(100 * time.Millisecond) }
