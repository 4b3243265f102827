package transport

import (
	"net/http"
	"slices"
	"strings"
)

// ownHeaders are the headers that the client sets itself, and those that belong to a connection.
var ownHeaders = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Host", "Keep-Alive",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// CheckHeader checks a header of [Config].Headers. It returns an error of kind ErrInvalid, which does not
// show the value, or nil.
func CheckHeader(name, value string) error {
	switch {
	case name == "":
		return Invalid("a header needs a name")
	case strings.ContainsFunc(name, func(r rune) bool { return !isTokenRune(r) }):
		return Invalid("%q is not a header name: use letters, digits and dashes, without a colon or white space", name)
	case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
		return Invalid("the client sets the header %s itself", http.CanonicalHeaderKey(name))
	case value != strings.TrimSpace(value):
		return Invalid("the value of header %s starts or ends with white space, such as a file's final line break", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return Invalid("the value of header %s contains a line break or another control character", name)
	}
	return nil
}

// isTokenRune reports whether a rune may be part of a header name (RFC 9110, section 5.6.2).
func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// checkHeaders checks the headers of a configuration. Names must not differ only in case.
func checkHeaders(headers map[string]string) error {
	seen := map[string]string{}
	for name, value := range headers {
		if err := CheckHeader(name, value); err != nil {
			return err
		}
		if other, ok := seen[http.CanonicalHeaderKey(name)]; ok {
			return Invalid("%s and %s are the same header: header names ignore case", min(name, other), max(name, other))
		}
		seen[http.CanonicalHeaderKey(name)] = name
	}
	return nil
}
