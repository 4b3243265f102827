package controlplane

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strconv"
)

// Ports are taken from a range below the one that operating systems use for outgoing connections, so that no outgoing
// connection takes a port between choosing it and listening on it.
const (
	firstPort = 18000
	lastPort  = 29999
)

var errNoPort = errors.New("no free port")

// freePorts finds n different ports of the loopback interface that nobody
// listens on at this moment. Start tries again with others if somebody else
// was faster.
func freePorts(ctx context.Context, n int) ([]int, error) {
	var ports []int
	var listen net.ListenConfig
	for tries := 0; len(ports) < n; tries++ {
		if tries > 500 {
			return nil, fmt.Errorf("%w between %d and %d on the loopback interface", errNoPort, firstPort, lastPort)
		}
		offset, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort+1))
		if err != nil {
			return nil, fmt.Errorf("choose a port: %w", err)
		}
		port := firstPort + int(offset.Int64())
		listener, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		// Keeping the listener open until all are found keeps them different.
		defer func() { _ = listener.Close() }()
		ports = append(ports, port)
	}
	return ports, nil
}
