package moduletest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
)

// manifests are the objects of a Helm release in a namespace, as its chart was
// rendered: Helm keeps them in a Secret.
func manifests(t *testing.T, client clientset.Interface, namespace, release string) []*unstructured.Unstructured {
	t.Helper()
	secrets, err := client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm,status=deployed,name=" + release})
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets.Items) != 1 {
		t.Fatalf("there are %d deployed releases %s in %s, want one", len(secrets.Items), release, namespace)
	}
	compressed, err := base64.StdEncoding.DecodeString(string(secrets.Items[0].Data["release"]))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Manifest string `json:"manifest"`
	}
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	var objects []*unstructured.Unstructured
	for document := range strings.SplitSeq(stored.Manifest, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(strings.TrimPrefix(document, "---\n")), &object.Object); err != nil {
			t.Fatalf("release %s: %v\n%s", release, err, document)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
	if len(objects) == 0 {
		t.Fatalf("release %s in %s has no objects", release, namespace)
	}
	return objects
}

// warnings fails the test when the API server warns of something, deprecated
// fields for example.
type warnings struct {
	t *testing.T
	// twice are environment variables that a container may have twice.
	twice []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w warnings) HandleWarningHeader(_ int, _, text string) {
	for _, name := range w.twice {
		if strings.Contains(text, fmt.Sprintf("hides previous definition of %q", name)) {
			return
		}
	}
	w.t.Errorf("the API server warns: %s", text)
}

// checkStrictly has the API server check what releases were rendered to, field
// by field: Helm itself lets misspelt fields pass. Nothing is created, but the
// namespace in which that is tried, because the objects exist in their own.
func checkStrictly(t *testing.T, stack *devstack.Stack, objects []*unstructured.Unstructured, handler warnings) {
	t.Helper()
	client := kubernetesClient(t, stack)
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "strict-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resources, err := restmapper.GetAPIGroupResources(client.Discovery())
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewDiscoveryRESTMapper(resources)
	config := rest.CopyConfig(stack.REST)
	config.WarningHandler = handler
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		kind := object.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			t.Errorf("%s %s: %v", kind.Kind, object.GetName(), err)
			continue
		}
		trial := object.DeepCopy()
		trial.SetNamespace(namespace.Name)
		_, err = dynamicClient.Resource(mapping.Resource).Namespace(namespace.Name).Create(t.Context(), trial, metav1.CreateOptions{
			DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
		})
		if err != nil {
			t.Errorf("%s %s: %v", kind.Kind, object.GetName(), err)
		}
	}
}
