package acctest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Webhook makes the cluster ask a webhook of this process before it creates objects of a resource ("jobs", "pods") in
// the test's namespace, until the test ends. review answers; if it is nil, the webhook does not answer. The test is
// skipped where the API server is on another machine, which could not reach the webhook.
func Webhook(t *testing.T, cluster *KubernetesCluster, resource string, review func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse) {
	t.Helper()
	onThisMachine(t, cluster)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Request == nil || review == nil {
			http.Error(w, "no review", http.StatusInternalServerError)
			return
		}
		body.Response = review(body.Request)
		body.Response.UID = body.Request.UID
		body.Request = nil
		_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // the API server notices
	}))
	t.Cleanup(server.Close)
	path := server.URL + "/review"
	fail, none, timeout := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone, int32(5)
	config := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: cluster.Namespace + "-" + resource},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: resource + ".guard.example.com",
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				URL: &path, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			Rules:                   []admissionregistrationv1.RuleWithOperations{creationOf(resource)},
			NamespaceSelector:       inNamespace(cluster.Namespace),
			FailurePolicy:           &fail,
			SideEffects:             &none,
			TimeoutSeconds:          &timeout,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
	webhooks := cluster.Set.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if _, err := webhooks.Create(t.Context(), config, metav1.CreateOptions{}); err != nil {
		t.Fatalf("register the webhook: %v", err)
	}
	atTheEnd(t, func(ctx context.Context) error { return webhooks.Delete(ctx, config.Name, metav1.DeleteOptions{}) })
}

// Policy makes the cluster refuse objects of a resource in the test's namespace with this message, by a rule of its
// own, until the test ends.
func Policy(t *testing.T, cluster *KubernetesCluster, resource, message string) {
	t.Helper()
	name := cluster.Namespace + "-" + resource
	api := cluster.Set.AdmissionregistrationV1()
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				ResourceRules:     []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: creationOf(resource)}},
				NamespaceSelector: inNamespace(cluster.Namespace),
			},
			Validations: []admissionregistrationv1.Validation{{Expression: "false", Message: message}},
		},
	}
	if _, err := api.ValidatingAdmissionPolicies().Create(t.Context(), policy, metav1.CreateOptions{}); err != nil {
		t.Fatalf("create the policy: %v", err)
	}
	atTheEnd(t, func(ctx context.Context) error {
		return api.ValidatingAdmissionPolicies().Delete(ctx, name, metav1.DeleteOptions{})
	})
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
	if _, err := api.ValidatingAdmissionPolicyBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatalf("bind the policy: %v", err)
	}
	atTheEnd(t, func(ctx context.Context) error {
		return api.ValidatingAdmissionPolicyBindings().Delete(ctx, name, metav1.DeleteOptions{})
	})
}

func creationOf(resource string) admissionregistrationv1.RuleWithOperations {
	group := ""
	if resource == "jobs" {
		group = "batch"
	}
	return admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"v1"}, Resources: []string{resource}},
	}
}

func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}
}

func atTheEnd(t *testing.T, remove func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := remove(ctx); err != nil && !apierrors.IsNotFound(err) {
			t.Errorf("clean up: %v", err)
		}
	})
}

func onThisMachine(t *testing.T, cluster *KubernetesCluster) {
	t.Helper()
	api, err := url.Parse(cluster.Client.RESTConfig().Host)
	if err != nil {
		t.Fatal(err)
	}
	if ip := net.ParseIP(api.Hostname()); api.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		t.Skip("the API server of PREFECT_ACC_KUBECONFIG is on another machine and cannot reach a webhook of this one")
	}
}
