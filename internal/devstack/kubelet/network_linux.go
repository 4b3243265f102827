package kubelet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// chooseSubnet takes a part of the range that no interface has.
func (s *setup) chooseSubnet() error {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("look at this machine's addresses: %w", err)
	}
	for range subnets {
		number, err := rand.Int(rand.Reader, big.NewInt(subnets))
		if err != nil {
			return fmt.Errorf("choose a subnet: %w", err)
		}
		chosen := newSubnet(int(number.Int64()))
		if chosen.taken(addresses) {
			continue
		}
		s.Gateway, s.Address, s.Pods = chosen.gateway(), chosen.address(), chosen.pods()
		return nil
	}
	return errors.New("choose a subnet: all of 198.18.0.0/15 is in use")
}

// link is the pair of interfaces between this machine and the node.
type link struct{ name string }

// newLink creates the pair, with the other end in the namespace of a process, and this machine's route to the pods.
func newLink(ctx context.Context, pid int, s *setup) (*link, error) {
	// The directory's name ends in a number of at most ten digits, and that of an
	// interface has at most 15 characters.
	l := &link{name: "node" + strings.TrimPrefix(filepath.Base(s.Dir), dirPrefix)}
	for _, arguments := range [][]string{
		{"link", "add", l.name, "type", "veth", "peer", "name", interfaceName, "netns", strconv.Itoa(pid)},
		{"addr", "add", s.Gateway + prefixLength, "dev", l.name},
		{"link", "set", l.name, "up"},
		{"route", "add", s.Pods, "via", s.Address},
	} {
		output, err := exec.CommandContext(ctx, "ip", arguments...).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("make the node's network: ip %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
		}
	}
	return l, nil
}

// awaitGone waits until the kernel has taken the pair away, which it does some
// time after the last process of the node has ended.
func (l *link) awaitGone(within time.Duration) error {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for l.exists() {
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("the node has ended, but its network interface %s is still there", l.name)
		}
	}
	return nil
}

func (l *link) exists() bool {
	_, err := net.InterfaceByName(l.name)
	return err == nil
}
