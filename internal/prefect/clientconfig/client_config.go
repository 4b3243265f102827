// Package clientconfig reads the configuration of a Prefect 1.x client: its TOML files and its environment.
package clientconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// Keys of the 1.x configuration that are used here.
const (
	keyBackend  = "backend"
	keyHomeDir  = "home_dir"
	keyAPI      = "cloud.api"
	keyAPIKey   = "cloud.api_key"
	keyTenantID = "cloud.tenant_id"
	keyTimeout  = "cloud.request_timeout"
	backendName = "server"
	cloudName   = "cloud"
)

// packagedDefaults are the defaults of the 1.x client, except for the backend: its default is Prefect Cloud
// 1, which no longer exists.
func packagedDefaults() map[string]string {
	return map[string]string{
		keyBackend:        backendName,
		keyHomeDir:        "~/.prefect",
		keyAPI:            "${${backend}.endpoint}",
		"cloud.endpoint":  "",
		"server.host":     "http://localhost",
		"server.port":     "4200",
		"server.endpoint": "${server.host}:${server.port}",
	}
}

// Resolve fills the empty fields of an explicit configuration as the Prefect 1.x client would: from packaged
// defaults, then config.toml, backend.toml and auth.toml in home/.prefect, then the PREFECT__SECTION__KEY
// environment variables, which env reads (os.Getenv). Errors are of kind ErrInvalid and name the file.
//
// An empty environment variable counts as unset.
func Resolve(explicit transport.Config, env func(string) string, home string) (transport.Config, error) {
	s := &settings{values: packagedDefaults(), env: env, home: home}
	for _, file := range []struct{ variable, path string }{
		{"PREFECT__USER_CONFIG_PATH", "~/.prefect/config.toml"},
		{"PREFECT__BACKEND_CONFIG_PATH", "~/.prefect/backend.toml"},
	} {
		path := file.path
		if chosen := env(file.variable); chosen != "" {
			path = chosen
		}
		if err := s.read(s.expand(path)); err != nil {
			return transport.Config{}, err
		}
	}
	out := explicit
	if out.Endpoint == "" {
		endpoint, err := s.endpoint()
		if err != nil {
			return transport.Config{}, err
		}
		out.Endpoint = endpoint
	}
	if out.RequestTimeout == 0 {
		timeout, err := s.timeout()
		if err != nil {
			return transport.Config{}, err
		}
		out.RequestTimeout = timeout
	}
	return s.credentials(out)
}

// credentials fills in API key and tenant.
func (s *settings) credentials(out transport.Config) (transport.Config, error) {
	auth, err := s.auth(out.Endpoint)
	if err != nil {
		return transport.Config{}, err
	}
	if out.APIKey == "" && out.BasicAuth == nil && !hasUser(out.Endpoint) {
		out.APIKey = firstOf(s.get(keyAPIKey), auth["api_key"])
	}
	if out.Tenant == "" {
		out.Tenant = firstOf(s.get(keyTenantID), auth["tenant_id"])
	}
	return out, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func hasUser(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.User != nil
}

// settings is a 1.x configuration: values by dotted, lower-case key.
type settings struct {
	values map[string]string
	env    func(string) string
	home   string
}

// read merges a TOML file over the current values. A missing file changes nothing.
func (s *settings) read(path string) error {
	tree, err := readTOML(path)
	if err != nil {
		return err
	}
	flatten("", tree, s.values)
	return nil
}

func readTOML(path string) (map[string]any, error) {
	data, err := localfile.Read(path, localfile.Small)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]any{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: reading the Prefect configuration: %w", transport.ErrInvalid, err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(data, &tree); err != nil {
		// The parser's message quotes the line, which may contain a key: report only its position.
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, transport.Invalid("%s is not valid TOML, see line %d", path, parse.Position.Line)
		}
		return nil, transport.Invalid("%s is not valid TOML", path)
	}
	return tree, nil
}

// flatten stores the scalars of a tree by their dotted path.
func flatten(prefix string, tree map[string]any, into map[string]string) {
	for key, v := range tree {
		path := prefix + key
		switch v := v.(type) {
		case map[string]any:
			flatten(path+".", v, into)
		case []any, []map[string]any:
			// No list is used here.
		default:
			into[path] = fmt.Sprint(v)
		}
	}
}

// reference finds the innermost ${section.key}.
var reference = regexp.MustCompile(`\$\{(.[^${}]*)\}`) //nolint:gochecknoglobals // compiled once

// maxDepth limits chains of references, which may be circular.
const maxDepth = 10

// get returns a value with its references resolved; an unknown key is empty.
func (s *settings) get(key string) string {
	v := s.raw(key)
	for range maxDepth {
		match := reference.FindStringSubmatchIndex(v)
		if match == nil {
			break
		}
		v = v[:match[0]] + s.raw(v[match[2]:match[3]]) + v[match[1]:]
	}
	return v
}

// raw returns a value from the environment or a file, with environment variables expanded.
func (s *settings) raw(key string) string {
	variable := "PREFECT__" + strings.ToUpper(strings.ReplaceAll(key, ".", "__"))
	if v := s.env(variable); v != "" {
		return unquote(s.expand(v))
	}
	return s.expand(s.values[key])
}

// unquote removes the quotes of a Python string literal, which the 1.x client evaluates in environment
// variables.
func unquote(v string) string {
	if len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] && !strings.ContainsRune(v[1:len(v)-1], rune(v[0])) {
		return v[1 : len(v)-1]
	}
	return v
}

// variable finds $NAME and ${NAME}; names with a dot are references to keys.
var variable = regexp.MustCompile(`\$(\w+|\{\w+\})`) //nolint:gochecknoglobals // compiled once

// expand replaces a leading ~ and environment variables that are set, as the 1.x client does in every value.
func (s *settings) expand(v string) string {
	for range maxDepth {
		expanded := variable.ReplaceAllStringFunc(v, func(name string) string {
			if value := s.env(strings.Trim(name, "${}")); value != "" {
				return value
			}
			return name
		})
		if expanded == "~" || strings.HasPrefix(expanded, "~/") {
			expanded = s.home + expanded[1:]
		}
		if expanded == v {
			break
		}
		v = expanded
	}
	return v
}

func (s *settings) endpoint() (string, error) {
	if api := s.get(keyAPI); api != "" {
		return api, nil
	}
	switch backend := s.get(keyBackend); backend {
	case cloudName:
		return "", transport.Invalid("the Prefect configuration selects the backend \"cloud\", but Prefect Cloud 1 no longer exists: " +
			"set an endpoint, or PREFECT__CLOUD__API, or select the backend \"server\"")
	default:
		return "", transport.Invalid("the Prefect configuration selects the backend %q without an endpoint: "+
			"set an endpoint, or PREFECT__CLOUD__API, or select the backend \"server\"", backend)
	}
}

// timeout returns the configured request timeout; 0 if there is none. The setting is in seconds.
func (s *settings) timeout() (time.Duration, error) {
	text := s.get(keyTimeout)
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 || seconds > (24*time.Hour).Seconds() {
		return 0, transport.Invalid("the Prefect configuration's cloud.request_timeout is %q, not a number of seconds", text)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// auth returns the section of auth.toml for an endpoint.
func (s *settings) auth(endpoint string) (map[string]string, error) {
	tree, err := readTOML(filepath.Join(s.get(keyHomeDir), "auth.toml"))
	if err != nil {
		return nil, err
	}
	section, _ := tree[authSection(endpoint)].(map[string]any)
	out := map[string]string{}
	flatten("", section, out)
	return out, nil
}

// notInSlug matches what a section name in auth.toml cannot contain.
var notInSlug = regexp.MustCompile(`[^-.a-z0-9]+`) //nolint:gochecknoglobals // compiled once

// authSection is the name of the auth.toml section in which the 1.x client stores an endpoint's credentials.
func authSection(endpoint string) string {
	place := endpoint
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		place = u.Host
	}
	return strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(place), "-"), "-")
}
