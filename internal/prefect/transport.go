package prefect

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
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
		pool, err := certPool(cfg.CACertificate)
		if err != nil {
			return nil, &SettingError{Field: "CACertificate", Err: err}
		}
		out.RootCAs = pool
	}
	if (cfg.ClientCertificate == "") != (cfg.ClientKey == "") {
		return nil, &SettingError{Field: "ClientCertificate", Err: invalid("a client certificate and its key are needed together")}
	}
	if cfg.ClientCertificate != "" {
		pair, err := keyPair(cfg.ClientCertificate, cfg.ClientKey)
		if err != nil {
			return nil, err
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// CheckCertificates says what is wrong with the certificates and the key of a configuration, which may name files: a
// [*SettingError], or nil.
func CheckCertificates(cfg Config) error {
	_, err := newTLSConfig(cfg)
	return err
}

// IsFileName says whether a certificate or key of a [Config] is the name of a file and not PEM text.
func IsFileName(value string) bool {
	return value != "" && !strings.Contains(value, "-----BEGIN ") && !strings.ContainsAny(value, "\n\r")
}

// certPool is the system's certificates and those given.
func certPool(value string) (*x509.CertPool, error) {
	text, err := pemOrFile("CA certificate", value)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, invalid("the CA certificate holds no PEM certificate. Give text that begins with -----BEGIN CERTIFICATE-----, or the path of a file that does")
	}
	return pool, nil
}

// keyPair reads a client certificate and its key.
func keyPair(certificate, key string) (tls.Certificate, error) {
	certPEM, err := pemOrFile("client certificate", certificate)
	if err != nil {
		return tls.Certificate{}, &SettingError{Field: "ClientCertificate", Err: err}
	}
	keyPEM, err := pemOrFile("client key", key)
	if err != nil {
		return tls.Certificate{}, &SettingError{Field: "ClientKey", Err: err}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err == nil {
		return pair, nil
	}
	field := "ClientCertificate"
	if block, _ := pem.Decode(certPEM); block != nil && block.Type == "CERTIFICATE" {
		if _, parseErr := x509.ParseCertificate(block.Bytes); parseErr == nil {
			field = "ClientKey" // the certificate is one, so it is the key that is wrong, or another's
		}
	}
	return tls.Certificate{}, &SettingError{Field: field, Err: invalid("the client certificate and key do not work together: %s. Use a certificate and its own private key", err)}
}

// pemOrFile returns PEM text as it is, or else the content of the file of that name, in which ~/ is the home directory.
func pemOrFile(what, value string) ([]byte, error) {
	if !IsFileName(value) {
		if !strings.Contains(value, "-----BEGIN ") {
			return nil, invalid("the %s is neither PEM text nor the name of a file. Give one of them, for instance with `file()`", what)
		}
		return []byte(value), nil
	}
	name := value
	if rest, ok := strings.CutPrefix(value, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("%w: the %s is a file of the home directory, which is unknown: %w", ErrInvalid, what, err)
		}
		name = filepath.Join(home, rest)
	}
	data, err := os.ReadFile(name)
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
		return nil, &SettingError{Field: "ProxyURL", Err: invalid("the proxy URL is not a URL with a host")}
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return http.ProxyURL(u), nil
	default:
		return nil, &SettingError{Field: "ProxyURL", Err: invalid("proxy URL: scheme %q is not http, https or socks5", u.Scheme)}
	}
}
