package clientconfig_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/clientconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

const someTenant = "0e1c2b3a-1111-4222-8333-444455556666"

// The cases follow what the Prefect 1.4.1 client makes of the same files and environment, except where a case says so.
func TestResolve(t *testing.T) {
	t.Parallel()
	type m = map[string]string
	for name, c := range map[string]struct {
		explicit transport.Config
		// files by path below the home directory; env with HOME standing for that directory.
		files, env m
		// want: endpoint, tenant, key, timeout in seconds.
		endpoint, tenant, key string
		timeout               time.Duration
	}{
		"nothing (the 1.x client would use Prefect Cloud)": {endpoint: "http://localhost:4200"},
		"backend server":      {env: m{"PREFECT__BACKEND": "server"}, endpoint: "http://localhost:4200"},
		"server host":         {env: m{"PREFECT__SERVER__HOST": "http://prefect"}, endpoint: "http://prefect:4200"},
		"server port":         {env: m{"PREFECT__SERVER__PORT": "4300"}, endpoint: "http://localhost:4300"},
		"server endpoint":     {env: m{"PREFECT__SERVER__ENDPOINT": "https://e", "PREFECT__SERVER__HOST": "http://h"}, endpoint: "https://e"},
		"cloud api":           {env: m{"PREFECT__CLOUD__API": "http://api:4200/graphql", "PREFECT__SERVER__ENDPOINT": "https://e"}, endpoint: "http://api:4200/graphql"},
		"cloud api and cloud": {env: m{"PREFECT__CLOUD__API": "http://api", "PREFECT__BACKEND": "cloud"}, endpoint: "http://api"},
		"cloud endpoint":      {env: m{"PREFECT__CLOUD__ENDPOINT": "http://api", "PREFECT__BACKEND": "cloud"}, endpoint: "http://api"},
		"quoted":              {env: m{"PREFECT__CLOUD__API": "'http://api'"}, endpoint: "http://api"},
		"empty is not set (the 1.x client would have an empty URL)": {env: m{"PREFECT__CLOUD__API": ""}, endpoint: "http://localhost:4200"},
		"explicit beats all": {
			explicit: transport.Config{Endpoint: "http://x", Tenant: "t", APIKey: "k", RequestTimeout: time.Second},
			env:      m{"PREFECT__CLOUD__API": "http://api", "PREFECT__CLOUD__TENANT_ID": someTenant, "PREFECT__CLOUD__API_KEY": "other", "PREFECT__CLOUD__REQUEST_TIMEOUT": "9"},
			endpoint: "http://x", tenant: "t", key: "k", timeout: time.Second,
		},
		"user file": {
			files:    m{".prefect/config.toml": "[server]\nhost = \"http://file\"\nport = 4300\n[cloud]\nrequest_timeout = 7\n"},
			endpoint: "http://file:4300", timeout: 7 * time.Second,
		},
		"user file and environment": {
			files:    m{".prefect/config.toml": "[server]\nhost = \"http://file\"\nport = \"4300\"\n"},
			env:      m{"PREFECT__SERVER__HOST": "http://env"},
			endpoint: "http://env:4300",
		},
		"backend file beats user file": {
			files: m{
				".prefect/config.toml":  "backend = \"cloud\"\n[server]\nhost = \"http://user\"\n",
				".prefect/backend.toml": "backend = \"server\"\n[server]\nport = 4301\n",
			},
			endpoint: "http://user:4301",
		},
		"files elsewhere": {
			files:    m{"a.toml": "[server]\nhost = \"http://a\"\n", "b.toml": "[server]\nport = \"1\"\n", ".prefect/config.toml": "[server]\nhost = \"http://no\"\n"},
			env:      m{"PREFECT__USER_CONFIG_PATH": "~/a.toml", "PREFECT__BACKEND_CONFIG_PATH": "HOME/b.toml"},
			endpoint: "http://a:1",
		},
		"references to keys": {
			files:    m{".prefect/config.toml": "[mine]\nhost = \"inner\"\n[cloud]\napi = \"http://${mine.host}:${server.port}\"\n"},
			endpoint: "http://inner:4200",
		},
		"reference to a key of the environment": {
			files:    m{".prefect/config.toml": "[cloud]\napi = \"http://${mine.host}\"\n"},
			env:      m{"PREFECT__MINE__HOST": "outer"},
			endpoint: "http://outer",
		},
		"variables of the environment": {
			files:    m{".prefect/config.toml": "[cloud]\napi = \"http://$THERE:${PORT_THERE}\"\n"},
			env:      m{"THERE": "h", "PORT_THERE": "1"},
			endpoint: "http://h:1",
		},
		"circle":                {files: m{".prefect/config.toml": "[cloud]\napi = \"http://x${cloud.api}\"\n"}, endpoint: "circle"},
		"tenant of environment": {env: m{"PREFECT__CLOUD__TENANT_ID": someTenant}, endpoint: "http://localhost:4200", tenant: someTenant},
		"key of environment":    {env: m{"PREFECT__CLOUD__API_KEY": "abc"}, endpoint: "http://localhost:4200", key: "abc"},
		"auth file": {
			files:    m{".prefect/auth.toml": "[localhost-4200]\napi_key = \"file-key\"\ntenant_id = \"" + someTenant + "\"\n[other]\napi_key = \"no\"\n"},
			endpoint: "http://localhost:4200", tenant: someTenant, key: "file-key",
		},
		"auth file of another server": {
			files:    m{".prefect/auth.toml": "[\"a-b.example.com-80\"]\napi_key = \"file-key\"\n"},
			env:      m{"PREFECT__CLOUD__API": "http://a_b.example.com:80"},
			endpoint: "http://a_b.example.com:80", key: "file-key",
		},
		"environment beats auth file": {
			files:    m{".prefect/auth.toml": "[localhost-4200]\napi_key = \"file-key\"\n"},
			env:      m{"PREFECT__CLOUD__API_KEY": "env-key"},
			endpoint: "http://localhost:4200", key: "env-key",
		},
		"another home": {
			files:    m{"mine/auth.toml": "[localhost-4200]\ntenant_id = \"" + someTenant + "\"\n"},
			env:      m{"PREFECT__HOME_DIR": "~/mine"},
			endpoint: "http://localhost:4200", tenant: someTenant,
		},
		"basic auth excludes the key": {
			explicit: transport.Config{BasicAuth: &transport.BasicAuth{Username: "u"}},
			env:      m{"PREFECT__CLOUD__API_KEY": "abc"},
			endpoint: "http://localhost:4200",
		},
		"user in the URL excludes the key": {
			env:      m{"PREFECT__CLOUD__API_KEY": "abc", "PREFECT__CLOUD__API": "http://u:p@h"},
			endpoint: "http://u:p@h",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, c.files)
			got, err := clientconfig.Resolve(c.explicit, environment(home, c.env), home)
			check(t, err)
			if c.endpoint == "circle" {
				if len(got.Endpoint) > 200 {
					t.Errorf("endpoint %s", got.Endpoint)
				}
				return
			}
			if got.Endpoint != c.endpoint || got.Tenant != c.tenant || got.APIKey != c.key || got.RequestTimeout != c.timeout {
				t.Errorf("got %s, tenant %q, key %q, timeout %s", got.Endpoint, got.Tenant, got.APIKey, got.RequestTimeout)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files, env map[string]string
		says       string
	}{
		"Prefect Cloud":     {env: map[string]string{"PREFECT__BACKEND": "cloud"}, says: "no longer exists"},
		"unknown backend":   {env: map[string]string{"PREFECT__BACKEND": "mine"}, says: `"mine"`},
		"not TOML":          {files: map[string]string{".prefect/config.toml": "ok = 1\nsecret = s3cr3t"}, says: "config.toml is not valid TOML, see line 2"},
		"auth not TOML":     {files: map[string]string{".prefect/auth.toml": "s3cr3t"}, says: "auth.toml"},
		"timeout no number": {env: map[string]string{"PREFECT__CLOUD__REQUEST_TIMEOUT": "soon"}, says: "request_timeout"},
	} {
		home := homeWith(t, c.files)
		_, err := clientconfig.Resolve(transport.Config{}, environment(home, c.env), home)
		if !errors.Is(err, transport.ErrInvalid) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func homeWith(t *testing.T, files map[string]string) string {
	t.Helper()
	home := t.TempDir()
	for name, content := range files {
		path := filepath.Join(home, name)
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return home
}

func environment(home string, values map[string]string) func(string) string {
	return func(name string) string { return strings.ReplaceAll(values[name], "HOME", home) }
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
