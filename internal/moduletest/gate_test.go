package moduletest

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// gate stands before the embedded cluster as Azure stands before AKS without
// local accounts: it lets nobody in but with a token of Microsoft Entra ID for
// clusters, and refuses whom allowed does not know. It gives the kubeconfig that
// AKS would, which leads there and holds no credentials.
func gate(t *testing.T, stack *devstack.Stack, allowed func(principal string) bool) []byte {
	t.Helper()
	config := rest.CopyConfig(stack.REST)
	config.NextProtos = []string{"http/1.1"} // connections are upgraded
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		refuse := func(code int32, reason metav1.StatusReason, message string) {
			out.Header().Set("Content-Type", "application/json")
			out.WriteHeader(int(code))
			_ = json.NewEncoder(out).Encode(metav1.Status{
				TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Reason: reason, Code: code, Message: message,
			})
		}
		principal := azure.Subject(strings.TrimPrefix(in.Header.Get("Authorization"), "Bearer "), azure.KubernetesServerID)
		switch {
		case principal == "":
			refuse(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")
		case !allowed(principal):
			refuse(http.StatusForbidden, metav1.StatusReasonForbidden, "forbidden: User does not have access to the resource in Azure. Update role assignment to allow access.")
		default:
			in.Header.Del("Authorization")
			proxy.ServeHTTP(out, in)
		}
	}))
	t.Cleanup(server.Close)
	kubeconfig, err := clientcmd.LoadFromFile(stack.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range kubeconfig.Clusters {
		cluster.Server, cluster.CertificateAuthority = server.URL, ""
		cluster.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	for name := range kubeconfig.AuthInfos {
		kubeconfig.AuthInfos[name] = &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
			APIVersion: "client.authentication.k8s.io/v1beta1", Command: "kubelogin", Args: []string{"get-token", "--server-id", azure.KubernetesServerID},
		}}
	}
	content, err := clientcmd.Write(*kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
