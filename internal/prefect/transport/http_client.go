package transport

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRedirects limits the redirects that one request follows.
const maxRedirects = 5

// newHTTPClient builds the HTTP client for a configuration.
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
		// Load balancers silently drop idle connections, some after 4 minutes.
		t.IdleConnTimeout = time.Minute
		transport = t
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}, nil
}

// checkRedirect follows only redirects that keep the method and the service. Anything else leads to a login
// page, a wrong URL, or a third party that would receive our credentials; the caller then gets the
// redirecting answer itself.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if req.Method != first.Method || !sameService(first.URL, req.URL) || len(via) >= maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// sameService reports whether two URLs have the same scheme, host and port, or the second is the first with
// TLS and both use their scheme's default port. Another port is another program.
func sameService(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	defaults := map[string]string{"http": "80", "https": "443"}
	fromPort, toPort := cmp.Or(from.Port(), defaults[from.Scheme]), cmp.Or(to.Port(), defaults[to.Scheme])
	if from.Scheme == to.Scheme {
		return fromPort == toPort
	}
	return from.Scheme == "http" && to.Scheme == "https" && fromPort == "80" && toPort == "443"
}

func newProxy(raw string) (func(*http.Request) (*url.URL, error), error) {
	if raw == "" {
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, &SettingError{Field: "ProxyURL", Err: Invalid("the proxy URL is not a URL with a host")}
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return http.ProxyURL(u), nil
	default:
		return nil, &SettingError{Field: "ProxyURL", Err: Invalid("proxy URL: scheme %q is not http, https or socks5", u.Scheme)}
	}
}
