package kubeclient

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
)

// check validates only the explicit values, and that the exec command exists.
func (c Config) check() error {
	if c.ConfigPath != "" && len(c.ConfigPaths) > 0 {
		return wrongValue("config_paths", "config_path and config_paths cannot be combined", "Keep one of them")
	}
	if (c.ClientCertificate == "") != (c.ClientKey == "") {
		return wrongValue("client_certificate", "client_certificate and client_key require each other", "Set both or neither")
	}
	if err := c.checkCredentials(); err != nil {
		return err
	}
	if err := c.CheckValues(); err != nil {
		return err
	}
	return c.checkExec()
}

// CheckValues validates the explicit values that can be judged without files and environment; some values may
// not be known yet. The error is a *ConfigError.
func (c Config) CheckValues() error {
	if u, err := url.Parse(c.host()); c.Host != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
		return wrongValue("host", fmt.Sprintf("%q is not the URL of an API server", c.Host), "Use a URL such as https://cluster.example:6443")
	}
	if u, err := url.Parse(c.ProxyURL); c.ProxyURL != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme)) {
		return wrongValue("proxy_url", "it is not the URL of a proxy", "Use a URL with the scheme http, https or socks5")
	}
	if c.Insecure && c.ClusterCACertificate != "" {
		return wrongValue("insecure", "insecure and cluster_ca_certificate cannot be combined", "Keep one of them")
	}
	if c.Token != "" && c.Exec != nil {
		return wrongValue("exec", "token and exec cannot be combined", "Keep one of them")
	}
	if c.Token != "" && c.Username != "" {
		return wrongValue("username", "token and username cannot be combined", "Keep one of them")
	}
	return c.checkCertificates()
}

// CheckSignIn reports what is missing for signing in to Entra ID, including the environment. It contacts
// nothing. The error is a *ConfigError.
func (c Config) CheckSignIn() error {
	if c.Azure == nil {
		return nil
	}
	return atAzure(c.Azure.Check(c.Environment))
}

// checkCredentials rejects other credentials in addition to azure.
func (c Config) checkCredentials() error {
	if c.Azure == nil {
		return nil
	}
	for attribute, set := range map[string]bool{
		"token": c.Token != "", "exec": c.Exec != nil, "username": c.Username != "", "client_certificate": c.ClientCertificate != "",
	} {
		if set {
			return wrongValue("azure", "azure and "+attribute+" cannot be combined: both are credentials", "Keep one of them")
		}
	}
	return nil
}

func (c Config) checkCertificates() error {
	if err := checkPEM("cluster_ca_certificate", c.ClusterCACertificate, "CERTIFICATE", "certificate"); err != nil {
		return err
	}
	if err := checkPEM("client_certificate", c.ClientCertificate, "CERTIFICATE", "certificate"); err != nil {
		return err
	}
	if err := checkPEM("client_key", c.ClientKey, "PRIVATE KEY", "private key"); err != nil {
		return err
	}
	if c.ClientCertificate == "" || c.ClientKey == "" {
		return nil
	}
	if _, err := tls.X509KeyPair([]byte(c.ClientCertificate), []byte(c.ClientKey)); err != nil {
		return wrongValue("client_key", "client_certificate and client_key do not match: "+err.Error(), "Use the certificate and its own private key")
	}
	return nil
}

// checkPEM checks that a value, if set, contains a PEM block of the given type and, for a certificate, a
// valid one.
func checkPEM(attribute, value, kind, what string) error {
	if value == "" {
		return nil
	}
	problem := "it is not a " + what + " in PEM form"
	remedy := "Use the " + what + " itself, beginning with -----BEGIN " + kind + "-----"
	rest := []byte(value)
	for {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = more
		if !strings.HasSuffix(block.Type, kind) {
			continue
		}
		if kind != "CERTIFICATE" {
			return nil
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			problem = "its certificate cannot be read: " + err.Error()
			break
		}
		return nil
	}
	if !strings.Contains(value, "-----BEGIN ") {
		remedy += "; decode it first if it is in base64, and use file() if it is the path of a file"
	}
	return wrongValue(attribute, problem, remedy)
}

func (c Config) checkExec() error {
	if c.Exec == nil {
		return nil
	}
	if _, err := exec.LookPath(c.Exec.Command); err != nil {
		return &ConfigError{
			Kind: ErrConfigValue, Attribute: "exec.command", Err: err,
			Problem: fmt.Sprintf("the command %q cannot be run: %v", c.Exec.Command, errors.Unwrap(err)),
			Remedy:  "Install it or correct its path",
		}
	}
	return nil
}
