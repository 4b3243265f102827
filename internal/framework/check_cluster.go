package framework

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// CheckCluster warns, at plan, of a cluster that cannot be used as it is configured, for instance because its kubeconfig or
// context does not exist. It does not contact the cluster. It is no error yet, because the same apply may create the files.
// otherwise is a sentence about what the apply will do if nothing changes.
func (d *ProviderData) CheckCluster(otherwise string) diag.Diagnostics {
	_, err := d.Kubernetes()
	if err == nil {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("The cluster in `kubernetes` cannot be used yet", Sentence(err.Error())+"\n\n"+otherwise)}
}

// ClusterForJobs is for CheckCluster where a destroy removes the Jobs of runs.
const ClusterForJobs = "If this does not change before the destroy, it will fail, because the Jobs of the runs cannot be removed."
