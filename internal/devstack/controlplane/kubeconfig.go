package controlplane

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// contextName names cluster, user and context in every kubeconfig.
const contextName = "devstack"

// kubeconfig is a configuration with everything embedded, so that the file can
// be copied anywhere.
func kubeconfig(server string, ca []byte, pair keyPair) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	cluster := clientcmdapi.NewCluster()
	cluster.Server = server
	cluster.CertificateAuthorityData = ca
	user := clientcmdapi.NewAuthInfo()
	user.ClientCertificateData = pair.certificate
	user.ClientKeyData = pair.key
	entry := clientcmdapi.NewContext()
	entry.Cluster, entry.AuthInfo, entry.Namespace = contextName, contextName, "default"
	config.Clusters[contextName] = cluster
	config.AuthInfos[contextName] = user
	config.Contexts[contextName] = entry
	config.CurrentContext = contextName
	content, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encode a kubeconfig: %w", err)
	}
	return content, nil
}
