package conformance_test

import (
	"slices"
	"strings"
	"testing"
)

// TestTenantOfEverything: whatever belongs to a tenant takes a `tenant_id` and, if it has a state, returns it. One of
// [TestWrongInputs] names a tenant that does not exist.
func TestTenantOfEverything(t *testing.T) {
	t.Parallel()
	ofNoTenant := []string{
		"resource prefect_tenant", "data prefect_tenant", "data prefect_tenants", "list prefect_tenant", "data prefect_server", "data prefect_kubernetes_job",
	}
	want := map[string]string{"resource": "optional, computed", "data": "optional, computed", "list": "optional", "action": "optional"}
	checked := 0
	for section := range strings.SplitSeq(describeProvider(t), "\n\n") {
		words := strings.Fields(section)
		block := words[0] + " " + words[1]
		flags, has := want[words[0]]
		if !has || slices.Contains(ofNoTenant, block) {
			continue
		}
		checked++
		if !strings.Contains(section, "\n  tenant_id: string, "+flags) {
			t.Errorf("%s has no tenant_id: string, %s", block, flags)
		}
		if !slices.ContainsFunc(wrongs(), func(w wrong) bool {
			return w.block == block && slices.ContainsFunc(w.rows, func(r row) bool { return strings.Contains(r.wrong, "tenant_id = $none") })
		}) {
			t.Errorf("%s: no wrong input with tenant_id = $none", block)
		}
	}
	if checked < 20 {
		t.Errorf("only %d were checked", checked)
	}
}
