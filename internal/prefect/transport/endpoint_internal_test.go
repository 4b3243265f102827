package transport

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestEndpointErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"user:s3cr3t@host", "http:/user:s3cr3t@host", "https:user:s3cr3t@host:4200", "//user:s3cr3t@host", "s3cr3t@host",
		"host:4200/?token=s3cr3t", "https://host/graphql?token=s3cr3t", "https://host/#s3cr3t", "ftp://s3cr3t@host", "ftp://u:s3cr3t@host",
		"u:s3cr3t@host://x", "ht tp://u:s3cr3t@host", "http://u:s3c?s3cr3t@host", "https://host/?token=x@s3cr3t", "host?a=x@s3cr3t",
		"http://u:s3cr3t%@host", "http://u:s3cr3t@", "u:s3cr3t/://@host", "http//u:s3cr3t@host?x",
	} {
		_, _, err := parseEndpoint(raw)
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestRedirectsStayWithTheService(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"http://h:4200/a", "http://h:4200/b", true},
		{"http://h/a", "http://h:80/b", true},
		{"http://h/a", "https://h/b", true},
		{"http://H/a", "http://h/b", true},
		{"http://h:4200/", "http://h:4201/", false},
		{"http://h:4200/", "https://h:4200/", false},
		{"http://h:4200/", "https://h/", false},
		{"https://h/", "http://h/", false},
		{"https://h/", "https://h:8443/", false},
		{"https://h/", "https://i/", false},
	} {
		from, err := url.Parse(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameService(from, to); got != tt.want {
			t.Errorf("%s to %s: %t", tt.from, tt.to, got)
		}
	}
}
