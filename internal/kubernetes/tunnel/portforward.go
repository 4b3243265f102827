package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// errNoREST is the error of a client without a connection of its own.
var errNoREST = errors.New("this client has no configuration to connect with")

// portForward opens a connection to a pod's ports, over WebSocket, which proxies let through. If the API
// server or a proxy refuses that, it uses SPDY. Before Kubernetes 1.35 the two need different verbs on
// pods/portforward, get and create; create suffices, since a refusal leads to SPDY.
func portForward(ctx context.Context, client *kubeclient.Client, namespace, pod string) (httpstream.Connection, error) {
	config, err := client.Connection(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // says all
	}
	if config == nil {
		return nil, errNoREST
	}
	target := client.Interface().CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	connection, first := overWebSocket(ctx, config, target)
	if first == nil {
		return connection, nil
	}
	var upgrade *httpstream.UpgradeFailureError
	if !errors.As(first, &upgrade) && !httpstream.IsHTTPSProxyError(first) {
		return nil, first // the API server was not reached
	}
	connection, second := overSPDY(ctx, config, target)
	if second == nil {
		return connection, nil
	}
	return nil, refusedUpgrade(first, second)
}

// refusedUpgrade combines the API server's answers to both attempts; only the first is still a status.
func refusedUpgrade(first, second error) error {
	var upgrade *httpstream.UpgradeFailureError
	var status apierrors.APIStatus
	if !errors.As(first, &upgrade) || !errors.As(upgrade.Cause, &status) {
		return second
	}
	answer := status.Status()
	if kubeclient.MissingRight(second.Error()) != nil {
		answer.Message = second.Error() // names the verb that suffices
	}
	return &apierrors.StatusError{ErrStatus: answer}
}

func overWebSocket(ctx context.Context, config *rest.Config, target *url.URL) (httpstream.Connection, error) {
	transport, holder, err := websocket.RoundTripperFor(config)
	if err != nil {
		return nil, fmt.Errorf("prepare a WebSocket: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("prepare a WebSocket: %w", err)
	}
	socket, err := websocket.Negotiate(transport, holder, req, "SPDY/3.1+"+portforward.PortForwardProtocolV1Name)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what failed
	}
	connection, err := streamspdy.NewClientConnectionWithPings(portforward.NewTunnelingConnection("prefect", socket), portforward.PingPeriod)
	if err != nil {
		return nil, fmt.Errorf("speak SPDY over the WebSocket: %w", err)
	}
	return connection, nil
}

func overSPDY(ctx context.Context, config *rest.Config, target *url.URL) (httpstream.Connection, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, fmt.Errorf("prepare SPDY: %w", err)
	}
	proxy := config.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	upgrader, err := streamspdy.NewRoundTripperWithConfig(streamspdy.RoundTripperConfig{TLS: tlsConfig, Proxier: proxy, PingPeriod: portforward.PingPeriod})
	if err != nil {
		return nil, fmt.Errorf("prepare SPDY: %w", err)
	}
	transport, err := rest.HTTPWrappersForConfig(config, upgrader)
	if err != nil {
		return nil, fmt.Errorf("prepare SPDY: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("prepare SPDY: %w", err)
	}
	req.Header.Set(httpstream.HeaderProtocolVersion, portforward.PortForwardProtocolV1Name)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what failed
	}
	defer func() { _ = resp.Body.Close() }()
	return upgrader.NewConnection(resp) //nolint:wrapcheck // the caller says what failed
}
