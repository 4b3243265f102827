package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// networkFailure explains why no complete answer came. sent is true if part of the request had been sent.
func (c *Client) networkFailure(ctx context.Context, err error, sent bool) *failure {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err // the wrapper only repeats the method and URL
	}
	e := &Error{Kind: ErrUnreachable, Err: err, Message: err.Error(), Ambiguous: sent}
	f := &failure{err: e, retryable: true}
	if refuse := tlsFailure(err, e); refuse {
		f.retryable, e.Ambiguous = false, false
		return f
	}
	var dns *net.DNSError
	var dial DialError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Message = fmt.Sprintf("no answer within %s", c.cfg.RequestTimeout)
	case errors.As(err, &dial):
		e.Message = dial.Error()
		f.retryable = !dial.Permanent()
		e.Ambiguous = sent && !dial.Undelivered()
	case errors.As(err, &dns):
		e.Message = fmt.Sprintf("the host name %q cannot be resolved (%s)", dns.Name, dns.Err)
		f.retryable = !dns.IsNotFound
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message = "connection refused: nothing listens there"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE):
		e.Message = "the connection broke before the answer was complete"
	case strings.Contains(err.Error(), "malformed HTTP"):
		// A broken gateway may garble the answer to a request that the Server has executed.
		e.Kind, e.Message, f.retryable = ErrNotPrefect, "what answers there does not speak HTTP", false
	case errors.Is(err, errAnswerTooLarge):
		e.Kind, e.Message, f.retryable = ErrNotPrefect, errAnswerTooLarge.Error(), false
	case strings.Contains(err.Error(), "Proxy Authentication Required"):
		e.Kind, e.Message = ErrUnauthorized, "the proxy requires credentials"
		f.retryable = false
	}
	return f
}

// tlsFailure recognises a failed TLS handshake, after which the other side has done nothing.
func tlsFailure(err error, e *Error) bool {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		cert      x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &authority):
		e.Message = "the certificate is signed by an authority that is not trusted here: " + err.Error()
	case errors.As(err, &hostname), errors.As(err, &cert), errors.As(err, &verify):
		e.Message = "the certificate is not valid: " + err.Error()
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.Message = "the endpoint says https, but what listens there does not speak TLS; try http"
	case errors.As(err, &op) && op.Op == "remote error" && handshakeAlert(op.Err.Error()):
		e.Message = "the other side refused the TLS connection: " + err.Error()
		if strings.Contains(err.Error(), "certificate") {
			e.Kind = ErrUnauthorized
			e.Message += "; it may require a client certificate, or a different one"
		}
	default:
		return false
	}
	return true
}

// handshakeAlert reports whether a TLS alert ends the handshake. Under TLS 1.3 it may arrive after the
// request was sent, which the other side then has not read.
func handshakeAlert(text string) bool {
	for _, part := range []string{"certificate", "handshake failure", "protocol version", "unrecognized name", "unknown ca"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
