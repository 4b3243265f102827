package kubelet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/relay"
)

// Node is a running node.
type Node struct {
	setup    setup
	guard    *process.Guard
	process  *process.Process
	link     *link
	relay    net.Listener
	resolver net.PacketConn

	orders *os.File
	// images is closed when containerd has the images.
	images  chan struct{}
	log     string
	stop    sync.Once
	stopErr error

	done   chan struct{}
	failed sync.Once
	err    error
}

// Start starts the node's first process, its network and containerd, and returns
// when this machine's address for the node's pods can be listened on. The node
// runs until Stop; ctx bounds the start.
func Start(ctx context.Context, options Options) (n *Node, err error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	n = &Node{images: make(chan struct{}), done: make(chan struct{})}
	defer func() {
		if err != nil {
			_ = n.Stop()
			n = nil
		}
	}()
	if n.guard, err = process.NewGuard(ctx); err != nil {
		return n, err
	}
	if err := n.prepare(options); err != nil {
		return n, err
	}
	if err := n.startInit(ctx, options.Command); err != nil {
		return n, err
	}
	if n.link, err = newLink(ctx, n.process.PID(), &n.setup); err != nil {
		return n, err
	}
	if n.resolver, err = (&net.ListenConfig{}).ListenPacket(ctx, "udp", net.JoinHostPort(n.setup.Gateway, "53")); err != nil {
		return n, fmt.Errorf("serve names to the node: %w", err)
	}
	go resolve(n.resolver)
	options.Logger.Info("the node's network is up", "gateway", n.setup.Gateway, "pods", n.setup.Pods)
	return n, n.order(tellNetwork)
}

// prepare makes the node's directory and control group and chooses its subnet.
func (n *Node) prepare(options Options) error {
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return fmt.Errorf("make the node's directory: %w", err)
	}
	if err := n.guard.RemoveAtEnd(dir); err != nil {
		_ = os.RemoveAll(dir)
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "credentials"), 0o700); err != nil {
		return fmt.Errorf("make the node's directory: %w", err)
	}
	n.log = filepath.Join(dir, "log")
	n.setup = setup{Dir: dir, Name: options.Name, Cgroup: "/" + filepath.Base(dir)}
	for target, path := range map[*string]string{
		&n.setup.Root: filepath.Join(options.Dir, "root"), &n.setup.Images: filepath.Join(options.Dir, "images"), &n.setup.Kubelet: options.Kubelet,
	} {
		if *target, err = filepath.Abs(path); err != nil {
			return fmt.Errorf("find what the node takes: %w", err)
		}
		// Links are followed here, since their targets are out of sight in the node.
		if *target, err = filepath.EvalSymlinks(*target); err != nil {
			return fmt.Errorf("what the node takes is missing: run `%s` first (%w)", MakeTarget, err)
		}
	}
	if err := makeCgroups(n.setup.Cgroup, n.guard); err != nil {
		return err
	}
	return n.setup.chooseSubnet()
}

// startInit starts the first process.
func (n *Node) startInit(ctx context.Context, command []string) error {
	if len(command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		command = []string{program, InitArgument}
	}
	content, err := json.Marshal(n.setup)
	if err != nil {
		return fmt.Errorf("write the node's setup: %w", err)
	}
	file := filepath.Join(n.setup.Dir, "setup.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return fmt.Errorf("write the node's setup: %w", err)
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the node's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	input, orders, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = input.Close() }()
	n.orders = orders
	answers, output, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = output.Close() }()
	n.process, err = process.Start(context.WithoutCancel(ctx), process.Spec{
		Path: command[0], Args: append(slices.Clone(command[1:]), file), Env: os.Environ(), Dir: "/",
		Input: input, Output: output, Errors: log, Isolate: true, Guard: n.guard,
	})
	if err != nil {
		_ = answers.Close()
		return fmt.Errorf("start the node: %w", err)
	}
	go n.listen(answers)
	return nil
}

// listen reads the messages of the first process until it ends.
func (n *Node) listen(answers *os.File) {
	defer func() { _ = answers.Close() }()
	lines := bufio.NewScanner(answers)
	reason := ""
	for lines.Scan() {
		if r, failed := strings.CutPrefix(lines.Text(), tellFailure+" "); failed {
			reason = r
			continue
		}
		if lines.Text() == tellImages {
			close(n.images)
		}
	}
	<-n.process.Done()
	n.fail(fmt.Errorf("the node ended: %s; the end of its log:\n%s", reason, n.logEnd()))
}

func (n *Node) fail(err error) {
	n.failed.Do(func() {
		n.err = err
		close(n.done)
	})
}

func (n *Node) logEnd() string {
	const lines = 20
	content, err := os.ReadFile(n.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func (n *Node) order(order string) error {
	if _, err := n.orders.WriteString(order + "\n"); err != nil {
		return fmt.Errorf("tell the node's first process: %w", err)
	}
	return nil
}

// Gateway is this machine's address as pods see it.
func (n *Node) Gateway() net.IP { return net.ParseIP(n.setup.Gateway) }

// Address is the node's own address.
func (n *Node) Address() net.IP { return net.ParseIP(n.setup.Address) }

// Join starts the kubelet, as soon as containerd has its images, with what it
// needs to join a cluster. It returns before the node is ready.
func (n *Node) Join(ctx context.Context, credentials Credentials) error {
	server, err := url.Parse(credentials.Server)
	if err != nil {
		return fmt.Errorf("read the API server's address: %w", err)
	}
	if n.relay, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(n.setup.Gateway, "0")); err != nil {
		return fmt.Errorf("relay the API server to the node: %w", err)
	}
	go func() { _ = relay.Serve(n.relay, server.Host, nil) }() //nolint:contextcheck // lasts as long as its listener, longer than joining
	kubeconfig, err := credentials.kubeconfig(n.relay.Addr().String())
	if err != nil {
		return fmt.Errorf("write the kubelet's configuration: %w", err)
	}
	config, err := n.setup.kubeletConfig()
	if err != nil {
		return fmt.Errorf("write the kubelet's configuration: %w", err)
	}
	for name, content := range map[string][]byte{
		"ca.crt": credentials.Authority, "node.crt": credentials.Certificate, "node.key": credentials.Key,
		"kubeconfig": kubeconfig, "kubelet.json": []byte(config),
	} {
		if err := os.WriteFile(filepath.Join(n.setup.Dir, "credentials", name), content, 0o600); err != nil {
			return fmt.Errorf("write the kubelet's configuration: %w", err)
		}
	}
	if err := n.AwaitContainerd(ctx); err != nil {
		return err
	}
	return n.order(tellKubelet)
}

// AwaitContainerd waits until containerd runs and has the images.
func (n *Node) AwaitContainerd(ctx context.Context) error {
	select {
	case <-n.images:
		return nil
	case <-n.done:
		return n.err
	case <-ctx.Done():
		return fmt.Errorf("wait for the node's containerd: %w", context.Cause(ctx))
	}
}

// Done is closed when the node has ended; Err then says why.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err says why the node ended, once Done is closed.
func (n *Node) Err() error {
	select {
	case <-n.done:
		return n.err
	default:
		return nil
	}
}

// Stop ends the node and returns when nothing of it is left. It may be called
// more than once.
func (n *Node) Stop() error {
	n.stop.Do(func() {
		if n.process != nil {
			n.fail(errors.New("the node was stopped"))
			n.process.Stop(0)
		}
		if n.orders != nil {
			_ = n.orders.Close()
		}
		if n.relay != nil {
			_ = n.relay.Close()
		}
		if n.resolver != nil {
			_ = n.resolver.Close()
		}
		if n.link != nil {
			n.stopErr = n.link.awaitGone(10 * time.Second)
		}
		if err := n.guard.Close(); err != nil {
			n.stopErr = errors.Join(n.stopErr, err)
		}
	})
	return n.stopErr
}
