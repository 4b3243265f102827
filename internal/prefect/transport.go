package prefect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxRedirects bounds the redirects that one request follows.
const maxRedirects = 5

// newHTTPClient builds the HTTP client that a configuration asks for.
func newHTTPClient(cfg Config) (*http.Client, error) {
	transport := cfg.Transport
	if transport == nil {
		tlsConfig, err := newTLSConfig(cfg)
		if err != nil {
			return nil, err
		}
		proxy, err := newProxy(cfg.ProxyURL)
		if err != nil {
			return nil, err
		}
		base, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			base = &http.Transport{}
		}
		t := base.Clone()
		t.TLSClientConfig = tlsConfig
		t.Proxy = proxy
		if cfg.Dial != nil {
			t.DialContext, t.Proxy = cfg.Dial, nil
		}
		t.MaxIdleConnsPerHost = 16
		// Load balancers forget idle connections without a word, some after 4 minutes.
		t.IdleConnTimeout = time.Minute
		transport = t
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}, nil
}

// checkRedirect follows only redirects that keep the method and the host: anything else is a login page, a wrong URL, or
// somebody who would be sent our credentials. The redirecting answer is then what the caller sees.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	sameHost := req.URL.Hostname() == first.URL.Hostname()
	downgrade := first.URL.Scheme == "https" && req.URL.Scheme != "https"
	if req.Method != first.Method || !sameHost || downgrade || len(via) >= maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

func newTLSConfig(cfg Config) (*tls.Config, error) {
	out := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: cfg.Insecure, //nolint:gosec // asked for by the user, for test installations
	}
	if cfg.CACertificate != "" {
		pem, err := pemOrFile("CA certificate", cfg.CACertificate)
		if err != nil {
			return nil, err
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, invalid("the CA certificate holds no PEM certificate")
		}
		out.RootCAs = pool
	}
	if (cfg.ClientCertificate == "") != (cfg.ClientKey == "") {
		return nil, invalid("a client certificate and its key are needed together")
	}
	if cfg.ClientCertificate != "" {
		cert, err := pemOrFile("client certificate", cfg.ClientCertificate)
		if err != nil {
			return nil, err
		}
		key, err := pemOrFile("client key", cfg.ClientKey)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, invalid("the client certificate and key do not work: %s", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// pemOrFile returns PEM text as it is, or else the content of the file of that name.
func pemOrFile(what, value string) ([]byte, error) {
	if strings.Contains(value, "-----BEGIN ") {
		return []byte(value), nil
	}
	if strings.ContainsAny(value, "\n\r") {
		return nil, invalid("the %s is neither PEM text nor the name of a file", what)
	}
	data, err := os.ReadFile(value)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("%w: the %s is not PEM text and cannot be read as a file: %w", ErrInvalid, what, err)
	}
	return data, nil
}

func newProxy(raw string) (func(*http.Request) (*url.URL, error), error) {
	if raw == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, invalid("the proxy URL is not a URL with a host")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return http.ProxyURL(u), nil
	default:
		return nil, invalid("proxy URL: scheme %q is not http, https or socks5", u.Scheme)
	}
}
