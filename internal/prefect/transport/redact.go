package transport

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// shortestSecret is the minimum length in bytes of a secret that is masked in messages. Masking shorter ones
// would also mask parts of ordinary words.
const shortestSecret = 4

// newRedactor returns a function that masks the configuration's secrets wherever they occur in a text.
func newRedactor(cfg Config) func(string) string {
	secrets := []string{cfg.APIKey}
	if cfg.BasicAuth != nil {
		pair := cfg.BasicAuth.Username + ":" + cfg.BasicAuth.Password
		secrets = append(secrets, cfg.BasicAuth.Password, base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	for _, value := range cfg.Headers {
		secrets = append(secrets, value)
	}
	if u, err := url.Parse(cfg.ProxyURL); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			secrets = append(secrets, password, url.QueryEscape(password))
		}
	}
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		if len(secret) >= shortestSecret {
			pairs = append(pairs, secret, "***")
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// shortestInput is the length in bytes from which a text of the user's data is masked in messages.
const shortestInput = 8

// withoutInput masks what a message repeats of a request: the request itself, and of its variables the data of a user
// that may be secret, such as parameters, contexts, flows and environments. Names and types stay, because the message
// needs them.
func withoutInput(message string, body, variables []byte) string {
	texts := []string{string(body), string(variables)}
	var top map[string]any
	if json.Unmarshal(variables, &top) == nil {
		texts = appendInput(texts, top)
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	for _, text := range texts {
		if len(text) >= shortestInput {
			message = strings.ReplaceAll(message, text, "***")
		}
	}
	return message
}

// appendInput appends the user's data in an object of variables, and in its `input`.
func appendInput(texts []string, object map[string]any) []string {
	for name, value := range object {
		switch name {
		case "input":
			if inner, ok := value.(map[string]any); ok {
				texts = appendInput(texts, inner)
			}
		case "run_config":
			texts = appendText(texts, value)
			if config, ok := value.(map[string]any); ok {
				texts = appendLeaves(appendLeaves(texts, config["env"]), config["job_template"])
			}
		case "parameters", "context", "default_parameters", "serialized_flow", "config", "tasks", "edges":
			texts = appendLeaves(appendText(texts, value), value)
		}
	}
	return texts
}

// appendText appends a value as JSON.
func appendText(texts []string, value any) []string {
	text, err := Marshal(value)
	if err != nil {
		return texts // what came out of JSON goes into it
	}
	return append(texts, string(text))
}

// appendLeaves appends the strings in a value, member names excluded.
func appendLeaves(texts []string, value any) []string {
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, one := range v {
			texts = appendLeaves(texts, one)
		}
	case map[string]any:
		for _, one := range v {
			texts = appendLeaves(texts, one)
		}
	}
	return texts
}
