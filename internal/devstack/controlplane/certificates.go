package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity of every certificate: longer than any session, and too short for
// anything else.
const validity = 30 * 24 * time.Hour

// authority signs the certificates of one control plane.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
	now         time.Time
}

// keyPair is a certificate and its key, PEM-encoded.
type keyPair struct{ certificate, key []byte }

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of the certificate authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "devstack"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the certificate authority: %w", err)
	}
	return &authority{certificate: certificate, key: key, pem: encode("CERTIFICATE", der), now: now}, nil
}

// issue makes a certificate that serves as server and as client.
func (a *authority) issue(commonName string, groups, names []string, addresses []net.IP) (keyPair, error) {
	fail := func(err error) (keyPair, error) {
		return keyPair{}, fmt.Errorf("make a certificate for %s: %w", commonName, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fail(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName, Organization: groups},
		NotBefore:    a.now.Add(-time.Hour),
		NotAfter:     a.now.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     names,
		IPAddresses:  addresses,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return fail(err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return fail(err)
	}
	return keyPair{certificate: encode("CERTIFICATE", der), key: keyPEM}, nil
}

// serverTLS is the configuration of a server that answers only clients whose
// certificates this authority has signed.
func (a *authority) serverTLS(pair keyPair) (*tls.Config, error) {
	certificate, err := tls.X509KeyPair(pair.certificate, pair.key)
	if err != nil {
		return nil, fmt.Errorf("load a serving certificate: %w", err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.certificate)
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		MinVersion:   tls.VersionTLS12,
	}, nil
}

// serviceAccountKeys makes the pair that signs and verifies the tokens of
// service accounts.
func serviceAccountKeys() (private, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make the service account key: %w", err)
	}
	if private, err = encodeKey(key); err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("encode the service account key: %w", err)
	}
	return private, encode("PUBLIC KEY", der), nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return encode("EC PRIVATE KEY", der), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// material is everything that the components read from files.
type material struct {
	authority *authority
	// admin is the key pair of the administrator's kubeconfig.
	admin, controllerManager, scheduler keyPair
}

// writeMaterial makes all keys and certificates and writes those that the
// programs read into dir.
func writeMaterial(dir string, now time.Time) (*material, error) {
	ca, err := newAuthority(now)
	if err != nil {
		return nil, err
	}
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	m := &material{authority: ca}
	issued := map[string]keyPair{}
	for _, want := range []struct {
		file, name string
		groups     []string
		dns        []string
		addresses  []net.IP
		keep       *keyPair
	}{
		{file: "etcd", name: "etcd", dns: []string{"localhost"}, addresses: loopback},
		{
			file: "apiserver", name: "kube-apiserver",
			dns:       []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
			addresses: append([]net.IP{net.ParseIP(firstServiceAddress)}, loopback...),
		},
		// The API server is a client as well: of etcd and of the nodes.
		{file: "apiserver-client", name: "kube-apiserver-client", groups: []string{"system:masters"}},
		{name: "devstack-admin", groups: []string{"system:masters"}, keep: &m.admin},
		// The controller manager's own role only covers it together with one
		// service account per controller, which costs start-up time.
		{name: "system:kube-controller-manager", groups: []string{"system:masters"}, keep: &m.controllerManager},
		{name: "system:kube-scheduler", keep: &m.scheduler},
	} {
		pair, err := ca.issue(want.name, want.groups, want.dns, want.addresses)
		if err != nil {
			return nil, err
		}
		if want.keep != nil {
			*want.keep = pair
		}
		if want.file != "" {
			issued[want.file] = pair
		}
	}
	private, public, err := serviceAccountKeys()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"ca.crt": ca.pem, "service-account.key": private, "service-account.pub": public}
	for name, pair := range issued {
		files[name+".crt"], files[name+".key"] = pair.certificate, pair.key
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, fmt.Errorf("write the control plane's certificates: %w", err)
		}
	}
	return m, nil
}
