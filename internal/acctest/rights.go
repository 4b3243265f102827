package acctest

import (
	"context"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServiceAccountToken makes a service account with these rights and returns its token, once the rights are in force.
func ServiceAccountToken(t *testing.T, cluster *KubernetesCluster, rules []rbacv1.PolicyRule) string {
	t.Helper()
	name := Name("provider")
	set := cluster.Set
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := set.CoreV1().ServiceAccounts(cluster.Namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
	if _, err := set.RbacV1().Roles(cluster.Namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: cluster.Namespace, Name: name}},
		RoleRef:    rbacv1.RoleRef{Kind: "Role", APIGroup: rbacv1.GroupName, Name: name},
	}
	if _, err := set.RbacV1().RoleBindings(cluster.Namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitRights(t, cluster, "system:serviceaccount:"+cluster.Namespace+":"+name, rules)
	seconds := int64(3600)
	token, err := set.CoreV1().ServiceAccounts(cluster.Namespace).CreateToken(t.Context(), name,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Status.Token
}

// awaitRights waits until the authorizer has learnt of a role.
func awaitRights(t *testing.T, cluster *KubernetesCluster, user string, rules []rbacv1.PolicyRule) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, r := range rules {
		for {
			review, err := cluster.Set.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
				Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: resourceOf(cluster.Namespace, r)},
			}, metav1.CreateOptions{})
			if err == nil && review.Status.Allowed {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the rights do not come into force: %v", err)
			}
		}
	}
}

func resourceOf(namespace string, r rbacv1.PolicyRule) *authorizationv1.ResourceAttributes {
	resource, sub, _ := strings.Cut(r.Resources[0], "/")
	return &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: r.Verbs[0], Group: r.APIGroups[0], Resource: resource, Subresource: sub}
}
