package kubernetes_test

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

func rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// plain is the cluster's address without credentials.
func plain(cluster *acctest.KubernetesCluster) *rest.Config {
	return rest.AnonymousClientConfig(cluster.Client.RESTConfig())
}

// clientWith is a client of a service account with these rights.
func clientWith(t *testing.T, cluster *acctest.KubernetesCluster, rules []rbacv1.PolicyRule) *kubeclient.Client {
	t.Helper()
	config := plain(cluster)
	config.BearerToken = acctest.ServiceAccountToken(t, cluster, rules)
	client, err := kubeclient.NewClientFromREST(config, cluster.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
