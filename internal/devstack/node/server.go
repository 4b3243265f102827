package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"time"
)

// serve answers the API server's requests and returns a function that stops it.
func (n *Node) serve(ctx context.Context, listener net.Listener) (func(), error) {
	config := n.options.TLS
	if config == nil {
		var err error
		if config, err = selfSigned(n.options.Name); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, "ok") })
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.serveLogs)
	mux.HandleFunc("/portForward/{namespace}/{pod}", n.servePortForward)
	for _, path := range []string{"/exec/", "/attach/", "/run/"} {
		mux.HandleFunc(path, func(out http.ResponseWriter, _ *http.Request) {
			http.Error(out, "the virtual node does not support this", http.StatusNotImplemented)
		})
	}
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		// A client that does not trust the certificate is not worth a log line.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(tls.NewListener(listener, config)); !errors.Is(err, http.ErrServerClosed) {
			n.options.Logger.Error("the node's server ended", "error", err)
		}
	}()
	return func() {
		_ = server.Close()
		<-done
	}, nil
}

// serveLogs answers a kubelet's log request.
func (n *Node) serveLogs(out http.ResponseWriter, in *http.Request) {
	name, container := in.PathValue("pod"), in.PathValue("container")
	w := n.find(in.PathValue("namespace"), name)
	if w == nil {
		http.Error(out, fmt.Sprintf("pod %q not found", name), http.StatusNotFound)
		return
	}
	request, err := parseLogRequest(in)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	previous, _ := strconv.ParseBool(in.URL.Query().Get("previous"))
	log := w.log(container, previous)
	if log == nil {
		http.Error(out, w.noLog(container, previous), http.StatusBadRequest)
		return
	}
	out.Header().Set("Content-Type", "text/plain")
	out.WriteHeader(http.StatusOK)
	flush := func() {}
	if flusher, ok := out.(http.Flusher); ok {
		flush = flusher.Flush
	}
	if err := log.copy(in.Context(), out, flush, request); err != nil {
		n.options.Logger.Debug("a log request ended early", "pod", name, "error", err)
	}
}

// noLog is what a kubelet says when there is no log.
func (w *worker) noLog(container string, previous bool) string {
	if previous {
		return fmt.Sprintf("previous terminated container %q in pod %q not found", container, w.pod.Name)
	}
	reason := reasonCreating
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range append(append(w.state.init[:0:0], w.state.init...), w.state.main...) {
		if c.Name == container && c.State.Waiting != nil {
			reason = c.State.Waiting.Reason
		}
	}
	return fmt.Sprintf("container %q in pod %q is waiting to start: %s", container, w.pod.Name, reason)
}

func parseLogRequest(in *http.Request) (logRequest, error) {
	query := in.URL.Query()
	request := logRequest{tail: -1, limit: -1}
	request.follow, _ = strconv.ParseBool(query.Get("follow"))
	request.timestamps, _ = strconv.ParseBool(query.Get("timestamps"))
	var err error
	if value := query.Get("tailLines"); value != "" {
		if request.tail, err = strconv.Atoi(value); err != nil || request.tail < 0 {
			return request, fmt.Errorf("invalid tailLines %q", value)
		}
	}
	if value := query.Get("limitBytes"); value != "" {
		if request.limit, err = strconv.ParseInt(value, 10, 64); err != nil || request.limit < 1 {
			return request, fmt.Errorf("invalid limitBytes %q", value)
		}
	}
	if value := query.Get("sinceSeconds"); value != "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds < 1 {
			return request, fmt.Errorf("invalid sinceSeconds %q", value)
		}
		request.since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	if value := query.Get("sinceTime"); value != "" {
		if request.since, err = time.Parse(time.RFC3339, value); err != nil {
			return request, fmt.Errorf("invalid sinceTime %q: %w", value, err)
		}
	}
	return request, nil
}

// selfSigned is for clusters whose authority is not at hand.
func selfSigned(name string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the node's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(30 * 24 * time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses:  []net.IP{net.ParseIP(hostIP)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the node's certificate: %w", err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}, nil
}
