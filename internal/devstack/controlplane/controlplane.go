package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// Options says how to start a control plane.
type Options struct {
	// BinDir holds the four programs; "" means DefaultBinDir.
	BinDir string
	// DataDir keeps etcd's data, certificates and logs. "" means a temporary
	// directory that is removed at the end; a directory named here is kept, and
	// a later control plane continues with its data.
	DataDir string
	// ReadyTimeout bounds the start; 0 means two minutes.
	ReadyTimeout time.Duration
	// Logger receives progress; nil means none.
	Logger *slog.Logger
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	layout   layout
	material *material
	rest     *rest.Config
	guard    *process.Guard
	cancel   context.CancelFunc

	components []*component
	done       chan struct{}
	failed     sync.Once
	failure    error

	stop    sync.Once
	stopErr error
}

// attempts is how often Start chooses new ports after somebody else took one.
const attempts = 4

// Start starts a control plane and returns when its API can be used: it is
// ready, and the service account and the root certificate of the default
// namespace exist. The control plane runs until Stop; ctx only bounds the start.
//
// Errors: one that wraps ErrNoBinaries, a *ComponentError with the last lines of
// a program that ended, or ctx's error.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	if options.BinDir == "" {
		options.BinDir = DefaultBinDir()
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.ReadyTimeout == 0 {
		options.ReadyTimeout = 2 * time.Minute
	}
	binDir, err := filepath.Abs(options.BinDir)
	if err != nil {
		return nil, fmt.Errorf("find the control plane's programs: %w", err)
	}
	options.BinDir = binDir
	if err := CheckBinaries(options.BinDir); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		plane, err := startOnce(ctx, options)
		var failure *ComponentError
		if err == nil || attempt == attempts || !errors.As(err, &failure) || !failure.portTaken() {
			return plane, err
		}
		options.Logger.Info("a port was taken by somebody else, trying others", "component", failure.Component)
	}
}

func startOnce(ctx context.Context, options Options) (plane *ControlPlane, err error) {
	guard, err := process.NewGuard(ctx)
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	p := &ControlPlane{guard: guard, done: make(chan struct{})}
	// The components outlive the context that bounds the start.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	defer func() {
		if err != nil {
			_ = p.Stop()
		}
	}()
	if err := p.prepare(ctx, options); err != nil {
		return nil, err
	}
	started := time.Now()
	if err := p.run(ctx, running, options); err != nil {
		return nil, err
	}
	options.Logger.Info("control plane is ready", "url", p.layout.url(), "after", time.Since(started).Round(time.Millisecond))
	return p, nil
}

// prepare makes the directory, chooses ports and writes all files.
func (p *ControlPlane) prepare(ctx context.Context, options Options) error {
	dir, err := dataDir(options.DataDir, p.guard)
	if err != nil {
		return err
	}
	ports, err := freePorts(ctx, 3)
	if err != nil {
		return err
	}
	p.layout = layout{dir: dir, etcdPort: ports[0], peerPort: ports[1], apiServer: ports[2]}
	if p.material, err = writeMaterial(dir, time.Now()); err != nil {
		return err
	}
	var admin []byte
	for name, pair := range map[string]keyPair{
		"admin.kubeconfig":              p.material.admin,
		"controller-manager.kubeconfig": p.material.controllerManager,
		"scheduler.kubeconfig":          p.material.scheduler,
	} {
		content, err := kubeconfig(p.layout.url(), p.material.authority.pem, pair)
		if err != nil {
			return err
		}
		if err := os.WriteFile(p.layout.file(name), content, 0o600); err != nil {
			return fmt.Errorf("write a kubeconfig: %w", err)
		}
		if name == "admin.kubeconfig" {
			admin = content
		}
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(admin)
	if err != nil {
		return fmt.Errorf("read the control plane's kubeconfig: %w", err)
	}
	// Nobody else uses this API server: throttling would only slow tests down.
	config.QPS, config.Burst = 200, 400
	p.rest = config
	return nil
}

func dataDir(wanted string, guard *process.Guard) (string, error) {
	if wanted != "" {
		dir, err := filepath.Abs(wanted)
		if err != nil {
			return "", fmt.Errorf("find the control plane's data directory: %w", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("make the control plane's data directory: %w", err)
		}
		return dir, nil
	}
	dir, err := os.MkdirTemp("", "devstack-controlplane-")
	if err != nil {
		return "", fmt.Errorf("make the control plane's data directory: %w", err)
	}
	if err := guard.RemoveAtEnd(dir); err != nil {
		_ = os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// KubeconfigPath is the file with the administrator's configuration. It is gone
// after Stop unless Options.DataDir was given.
func (p *ControlPlane) KubeconfigPath() string { return p.layout.file("admin.kubeconfig") }

// RESTConfig is a client configuration of the administrator; the caller may
// change it.
func (p *ControlPlane) RESTConfig() *rest.Config { return rest.CopyConfig(p.rest) }

// NodeTLS is the TLS configuration of a node's server, as the API server expects
// it: with a certificate for the loopback address that it trusts, answering
// nobody but the API server.
func (p *ControlPlane) NodeTLS(name string) (*tls.Config, error) {
	pair, err := p.material.authority.issue(
		"system:node:"+name, []string{"system:nodes"}, []string{name, "localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)},
	)
	if err != nil {
		return nil, err
	}
	return p.material.authority.serverTLS(pair)
}

// NodeCredentials are the certificate authority and a node's certificate and key, PEM-encoded: for a kubelet that serves
// at the address. Its own role would only cover it together with the authorizer of nodes, so it is given every right.
func (p *ControlPlane) NodeCredentials(name string, address net.IP) (authority, certificate, key []byte, err error) {
	pair, err := p.material.authority.issue("system:node:"+name, []string{"system:nodes", "system:masters"}, []string{name}, []net.IP{address})
	return p.material.authority.pem, pair.certificate, pair.key, err
}

// Done is closed when a component has ended unexpectedly; Err then says which.
func (p *ControlPlane) Done() <-chan struct{} { return p.done }

// Err is the *ComponentError of the component that ended, once Done is closed.
func (p *ControlPlane) Err() error {
	select {
	case <-p.done:
		return p.failure
	default:
		return nil
	}
}

// Stop ends every component and removes the temporary data directory. It may be
// called more than once.
func (p *ControlPlane) Stop() error {
	p.stop.Do(func() {
		for _, c := range p.components {
			c.expectEnd()
		}
		var group sync.WaitGroup
		for _, c := range p.components {
			grace := time.Duration(0)
			if c.name == etcd {
				// Only etcd has data to write. The others are killed, because a graceful shutdown takes seconds and
				// gains nothing.
				grace = 2 * time.Second
			}
			group.Go(func() { c.process.Stop(grace) })
		}
		group.Wait()
		p.cancel()
		if err := p.guard.Close(); err != nil {
			p.stopErr = fmt.Errorf("stop the control plane: %w", err)
		}
	})
	return p.stopErr
}
