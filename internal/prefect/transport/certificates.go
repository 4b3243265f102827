package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

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
		return nil, &SettingError{Field: "ClientCertificate", Err: Invalid("a client certificate requires its key, and the key its certificate")}
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

// CheckCertificates checks the certificates and the key of a configuration, which may name files. It returns
// a [*SettingError], or nil if they are valid.
// [*SettingError], or nil.
func CheckCertificates(cfg Config) error {
	_, err := newTLSConfig(cfg)
	return err
}

// IsFileName reports whether a certificate or key of a [Config] is a file name and not PEM text.
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
		return nil, Invalid("the CA certificate contains no PEM certificate. Use text that begins with -----BEGIN CERTIFICATE-----, or the path of such a file")
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
			field = "ClientKey" // the certificate is valid, so the key is invalid or does not match
		}
	}
	return tls.Certificate{}, &SettingError{Field: field, Err: Invalid("the client certificate and key do not match: %s. Use a certificate and its own private key", err)}
}

// pemOrFile returns PEM text unchanged, and otherwise the content of the file with that name, where ~/ is the
// home directory.
func pemOrFile(what, value string) ([]byte, error) {
	if !IsFileName(value) {
		if !strings.Contains(value, "-----BEGIN ") {
			return nil, Invalid("the %s is neither PEM text nor the name of a file. Use either, for instance with `file()`", what)
		}
		return []byte(value), nil
	}
	name := value
	if rest, ok := strings.CutPrefix(value, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("%w: the %s is a file in the home directory, which is unknown: %w", ErrInvalid, what, err)
		}
		name = filepath.Join(home, rest)
	}
	data, err := localfile.Read(name, localfile.Small)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("%w: the %s is not PEM text and cannot be read as a file: %w", ErrInvalid, what, err)
	}
	return data, nil
}
