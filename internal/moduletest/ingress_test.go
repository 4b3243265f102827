package moduletest

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// signInRoot releases the chart of examples/azure-ingress with what its main.tf
// gives it.
const signInRoot = `
terraform {
  required_providers {
    helm = { source = "hashicorp/helm" }
  }
}

variable "host" { default = "prefect.example.com" }

resource "helm_release" "sign_in" {
  name             = "sign-in"
  namespace        = "sign-in"
  create_namespace = true
  chart            = "../examples/azure-ingress/sign-in"

  values = [yamlencode({
    host    = var.host
    command = [%q]
    gateway = {
      className      = "approuting-istio"
      address        = "10.10.63.246"
      tlsOptions     = { "kubernetes.azure.com/tls-cert-keyvault-uri" = "https://example.vault.azure.net/certificates/prefect" }
      serviceAccount = { name = "gateway-certificate", clientId = "1" }
    }
    signIn    = { tenantId = "2", clientId = "3", groups = ["4", "5"], serviceAccount = "oauth2-proxy" }
    upstreams = { ui = "http://prefect-ui.prefect:8080/", api = "http://prefect-apollo.prefect:4200/graphql" }
  })]
}
`

// TestIngressExample validates examples/azure-ingress with the real providers, and
// releases its chart: a gateway, and a proxy that signs people in.
func TestIngressExample(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	client := kubernetesClient(t, stack)
	w := newWorkspace(t)
	if !w.attributes() {
		w.withBlocks("examples/azure-ingress/providers.tf")
	}
	w.run("examples/azure-ingress", "init", "-input=false")
	w.run("examples/azure-ingress", "validate")

	w.write("sign-in/main.tf", fmt.Sprintf(signInRoot, idle(t))+w.helmProvider(fmt.Sprintf("config_path = %q", stack.Kubeconfig)))
	w.run("sign-in", "init", "-input=false")
	w.run("sign-in", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("sign-in", "after the apply")
	objects := manifests(t, client, "sign-in", "sign-in")
	checkStrictly(t, stack, objects, warnings{t: t})
	for _, want := range []object{
		{"Gateway", "prefect", map[string]string{
			"spec.gatewayClassName": "approuting-istio", "spec.listeners.0.hostname": "prefect.example.com", "spec.listeners.0.protocol": "HTTPS",
			"spec.infrastructure.annotations.service.beta.kubernetes.io/azure-load-balancer-internal": "true",
			"spec.listeners.0.tls.options.kubernetes.azure.com/tls-cert-keyvault-uri":                 "https://example.vault.azure.net/certificates/prefect",
		}},
		// Everything goes to the proxy: no route leads to the Server past it.
		{"HTTPRoute", "prefect", map[string]string{
			"spec.rules": "[map[backendRefs:[map[name:oauth2-proxy port:4180]]]]", "spec.hostnames": "[prefect.example.com]",
		}},
		{"NetworkPolicy", "oauth2-proxy", map[string]string{
			"spec.ingress.0.from": "[map[podSelector:map[matchLabels:map[gateway.networking.k8s.io/gateway-name:prefect]]]]",
		}},
		{"ServiceAccount", "oauth2-proxy", map[string]string{"metadata.annotations.azure.workload.identity/client-id": "3"}},
	} {
		checkObject(t, "sign-in", want, objects)
	}
	cookie := func() string {
		t.Helper()
		secret, err := client.CoreV1().Secrets("sign-in").Get(t.Context(), "oauth2-proxy", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return string(secret.Data["cookie-secret"])
	}
	before := cookie()
	if len(before) != 32 {
		t.Errorf("the cookies' secret has %d characters, of which the proxy takes 16, 24 or 32", len(before))
	}
	w.run("sign-in", "apply", "-auto-approve", "-input=false", "-var=host=other.example.com")
	if cookie() != before {
		t.Error("an upgrade has ended every session")
	}
	if w.stateHolds("sign-in", before) {
		t.Error("the state holds the cookies' secret")
	}
	w.run("sign-in", "destroy", "-auto-approve", "-input=false")
}
