package scale

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// waited measures short runs that are waited for, each a Job in a cluster. Neither the agent nor the runs count as the
// provider's.
func (b *bench) waited(size int) {
	t := b.t
	const work = "creation of `prefect_flow_run`, short and waited for, with a cluster"
	cluster := b.cluster()
	if cluster == nil {
		b.left = append(b.left, work+": the control plane is not there; `make controlplane` makes it")
		return
	}
	server := acctest.ServerWith(t, prefectserver.Options{})
	acctest.AgentWith(t, server, cluster, func(o *agent.Options) { o.Labels, o.DeleteFinishedJobs = []string{"k8s"}, true })
	w := b.workspace(b.terraform(), generateWith(t, 1, 1))
	behind := b.counted(server)
	w.Configure(behind, cluster, fmt.Sprintf(project, "waited")+fmt.Sprintf(`
resource "prefect_flow" "one" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/flows/00000.json"
}

variable "runs" {
  default = %d
}

resource "prefect_flow_run" "all" {
  count    = var.runs
  flow_id  = prefect_flow.one.flow_id
  triggers = { n = count.index }
}
`, size))
	w.Apply("-var=runs=0") // the flow is no part of it
	count := b.counting(behind)
	w.Apply()
	b.add(size, work, "", count(), w.Last)
}

// cluster returns the cluster of PREFECT_ACC_KUBECONFIG, else a control plane with a virtual node if its programs are in the
// directory PREFECT_BENCH_DEVSTACK, else nil. It lasts until the test ends: what else is measured, is measured before.
func (b *bench) cluster() *acctest.KubernetesCluster {
	t := b.t
	const kubeconfig = "PREFECT_ACC_KUBECONFIG"
	if os.Getenv(kubeconfig) != "" {
		return acctest.Cluster(t)
	}
	programs := os.Getenv("PREFECT_BENCH_DEVSTACK")
	if programs == "" {
		return nil
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(programs, "devstack"), "exec", "--cluster-only", "--bin-dir", programs, "--", //nolint:gosec // of this repository
		"sh", "-c", "echo $"+kubeconfig+" && exec cat")
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close() // ends the command, and the cluster with it
		if err := command.Wait(); err != nil {
			t.Errorf("the control plane ended with: %v", err)
		}
	})
	path, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("start the control plane: %v", err)
	}
	t.Setenv(kubeconfig, strings.TrimSpace(path))
	return acctest.Cluster(t)
}
