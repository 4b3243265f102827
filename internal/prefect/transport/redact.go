package transport

import (
	"encoding/base64"
	"net/url"
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
