package kubelet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// inside is the first process of a node.
type inside struct {
	setup
	children *reaper
	orders   *bufio.Scanner
}

// Main is the first process of a node, started by Start with its standard input
// and output as pipes. It ends when the node's programs do or when its input
// does, and returns an exit code.
func Main(file string) int {
	i := &inside{children: newReaper(), orders: bufio.NewScanner(os.Stdin)}
	if err := i.run(file); err != nil {
		fmt.Printf("%s %s\n", tellFailure, strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	return 0
}

func (i *inside) run(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the node's setup: %w", err)
	}
	if err := json.Unmarshal(content, &i.setup); err != nil {
		return fmt.Errorf("read the node's setup: %w", err)
	}
	if err := i.enterRoot(); err != nil {
		return fmt.Errorf("make the node's file system: %w", err)
	}
	if err := i.awaitOrder(tellNetwork); err != nil {
		return err
	}
	if err := i.setUpNetwork(); err != nil {
		return fmt.Errorf("set up the node's network: %w", err)
	}
	containerd, err := i.children.start("/usr/bin/containerd", "--config", "/etc/containerd/config.toml")
	if err != nil {
		return err
	}
	if err := i.importImages(containerd); err != nil {
		return err
	}
	fmt.Println(tellImages)
	if err := i.awaitOrder(tellKubelet); err != nil {
		return err
	}
	kubelet, err := i.children.start(kubeletProgram,
		"--config="+filepath.Join(credentialsDir, "kubelet.json"), "--kubeconfig="+filepath.Join(credentialsDir, "kubeconfig"),
		"--hostname-override="+i.Name, "--node-ip="+i.Address)
	if err != nil {
		return err
	}
	orphaned := make(chan struct{})
	go func() {
		defer close(orphaned)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	select {
	case status := <-containerd:
		return fmt.Errorf("containerd ended (%s)", status)
	case status := <-kubelet:
		return fmt.Errorf("the kubelet ended (%s)", status)
	case <-orphaned:
		return nil
	}
}

func (i *inside) awaitOrder(order string) error {
	if !i.orders.Scan() {
		return errors.New("the program that started the node has gone")
	}
	if got := i.orders.Text(); got != order {
		return fmt.Errorf("got the order %q instead of %q", got, order)
	}
	return nil
}

func (i *inside) setUpNetwork() error {
	for _, arguments := range [][]string{
		{"link", "set", "lo", "up"},
		{"addr", "add", i.Address + prefixLength, "dev", interfaceName},
		{"link", "set", interfaceName, "up"},
		{"route", "add", "default", "via", i.Gateway},
	} {
		if err := i.children.run("/usr/bin/ip", arguments...); err != nil {
			return err
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
}

// importImages waits for containerd and gives it the images.
func (i *inside) importImages(containerd <-chan status) error {
	if err := awaitSocket(containerd); err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(imagesDir, "*.tar"))
	if err != nil {
		return err
	}
	for _, archive := range archives {
		if err := i.children.run("/usr/bin/ctr", "--namespace", "k8s.io", "images", "import", archive); err != nil {
			return fmt.Errorf("import the image %s: %w", filepath.Base(archive), err)
		}
	}
	return nil
}

func awaitSocket(containerd <-chan status) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", containerdSocket)
		if err == nil {
			return conn.Close()
		}
		select {
		case status := <-containerd:
			return fmt.Errorf("containerd ended (%s)", status)
		case <-tick.C:
		}
	}
}
