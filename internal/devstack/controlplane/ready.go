package controlplane

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// pollInterval is the time between two looks while waiting for readiness.
const pollInterval = 50 * time.Millisecond

// first start together: the API server waits for etcd by itself.
func (l layout) first() map[string][]string {
	return map[string][]string{etcd: l.etcdArguments(), apiServer: l.apiServerArguments()}
}

// second start when the API server is ready, because they give up after ten
// seconds without it.
func (l layout) second() map[string][]string {
	return map[string][]string{
		controllerManager: l.controllerManagerArguments(), scheduler: l.schedulerArguments(),
	}
}

func (p *ControlPlane) startComponents(ctx context.Context, binDir string, programs map[string][]string) error {
	for name, arguments := range programs {
		c, err := startComponent(ctx, name, binDir, arguments, p.layout, p.guard)
		if err != nil {
			return err
		}
		p.components = append(p.components, c)
		go p.watch(c)
	}
	return nil
}

// watch reports a component that ends unexpectedly.
func (p *ControlPlane) watch(c *component) {
	<-c.process.Done()
	if c.ending.Load() {
		return
	}
	p.failed.Do(func() {
		p.failure = c.failure()
		close(p.done)
	})
}

// run starts all programs in order and waits until the API can be used. The
// programs live as long as running, the waiting is bounded by ctx.
func (p *ControlPlane) run(ctx, running context.Context, options Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, options.ReadyTimeout,
		fmt.Errorf("the control plane was not ready within %s: %w", options.ReadyTimeout, context.DeadlineExceeded))
	defer cancel()
	config := rest.CopyConfig(p.rest)
	config.Timeout = 5 * time.Second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client of the control plane: %w", err)
	}
	if err := p.startComponents(running, options.BinDir, p.layout.first()); err != nil {
		return err
	}
	if err := p.until(ctx, func(ctx context.Context) error {
		return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}); err != nil {
		return err
	}
	if err := p.startComponents(running, options.BinDir, p.layout.second()); err != nil {
		return err
	}
	// The controller manager makes both; without them no pod is admitted.
	if err := p.until(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	}); err != nil {
		return err
	}
	return p.until(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ConfigMaps(metav1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
		return err
	})
}

// until repeats a step until it succeeds, a component ends or ctx does.
func (p *ControlPlane) until(ctx context.Context, step func(context.Context) error) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := step(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.failure
		case <-ctx.Done():
			return fmt.Errorf("%w (last answer: %w)", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
