package node

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// leaseDuration and heartbeatInterval are the kubelet's.
	leaseDuration     = 40
	heartbeatInterval = 10 * time.Second
	// unregisterTimeout bounds the removal of the node at the end.
	unregisterTimeout = 3 * time.Second
	podCapacity       = 250
	kubeletVersion    = "v1.34.4-devstack"
)

// register creates the node, or takes over one of the same name, and reports it
// ready.
func (n *Node) register(ctx context.Context, port int32) error {
	nodes := n.client.CoreV1().Nodes()
	wanted := n.object(port)
	created, err := nodes.Create(ctx, wanted, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		created, err = n.takeOver(ctx, wanted)
	}
	if err != nil {
		return fmt.Errorf("register node %s: %w", n.options.Name, err)
	}
	// A patch, because the controllers change the new node at the same time.
	patch, err := json.Marshal(map[string]any{"status": wanted.Status})
	if err != nil {
		return fmt.Errorf("encode the status of node %s: %w", n.options.Name, err)
	}
	if _, err := nodes.Patch(ctx, created.Name, patchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		return fmt.Errorf("report node %s as ready: %w", n.options.Name, err)
	}
	return nil
}

// takeOver sets this node's labels on an existing node.
func (n *Node) takeOver(ctx context.Context, wanted *corev1.Node) (*corev1.Node, error) {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"labels": wanted.Labels},
		"spec":     map[string]any{"unschedulable": wanted.Spec.Unschedulable},
	})
	if err != nil {
		return nil, fmt.Errorf("encode the labels: %w", err)
	}
	node, err := n.client.CoreV1().Nodes().Patch(ctx, wanted.Name, patchType, patch, metav1.PatchOptions{})
	if err != nil {
		return nil, fmt.Errorf("take over the node of this name: %w", err)
	}
	return node, nil
}

// unregister removes the node, so that a cluster that lives on does not keep it.
func (n *Node) unregister(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unregisterTimeout)
	defer cancel()
	if err := n.client.CoreV1().Nodes().Delete(ctx, n.options.Name, metav1.DeleteOptions{}); err != nil {
		n.options.Logger.Debug("the node could not be removed", "node", n.options.Name, "error", err)
	}
	_ = n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Delete(ctx, n.options.Name, metav1.DeleteOptions{})
}

func (n *Node) object(port int32) *corev1.Node {
	labels := map[string]string{
		// Always Linux: what runs here stands for Linux containers.
		corev1.LabelOSStable:      "linux",
		corev1.LabelArchStable:    runtime.GOARCH,
		corev1.LabelHostname:      n.options.Name,
		"beta.kubernetes.io/os":   "linux",
		"beta.kubernetes.io/arch": runtime.GOARCH,
	}
	for key, value := range n.options.Labels {
		labels[key] = value
	}
	capacity := n.capacity()
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: n.options.Name, Labels: labels},
		Spec:       corev1.NodeSpec{Unschedulable: n.options.Unschedulable},
		Status: corev1.NodeStatus{
			Capacity: capacity, Allocatable: capacity,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: hostIP},
				{Type: corev1.NodeHostName, Address: n.options.Name},
			},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: port}},
			NodeInfo: corev1.NodeSystemInfo{
				Architecture: runtime.GOARCH, OperatingSystem: "linux", OSImage: "processes of this machine",
				KubeletVersion: kubeletVersion, ContainerRuntimeVersion: "devstack://0.0.0",
			},
			Conditions: nodeConditions(),
		},
	}
}

func (n *Node) capacity() corev1.ResourceList {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              quantity(int64(runtime.NumCPU()), resource.DecimalSI),
		corev1.ResourceMemory:           quantity(machineMemory(), resource.BinarySI),
		corev1.ResourcePods:             quantity(podCapacity, resource.DecimalSI),
		corev1.ResourceEphemeralStorage: resource.MustParse("20Gi"),
	}
	for name, value := range n.options.Capacity {
		capacity[name] = value
	}
	return capacity
}

func nodeConditions() []corev1.NodeCondition {
	conditions := make([]corev1.NodeCondition, 0, 4)
	for _, c := range []struct {
		kind            corev1.NodeConditionType
		status          corev1.ConditionStatus
		reason, message string
	}{
		{corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"},
		{corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
		{corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
		{corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"},
	} {
		conditions = append(conditions, corev1.NodeCondition{
			Type: c.kind, Status: c.status, Reason: c.reason, Message: c.message,
			LastHeartbeatTime: now(), LastTransitionTime: now(),
		})
	}
	return conditions
}

// heartbeat renews the node's lease, and registers the node again if it was deleted.
func (n *Node) heartbeat(ctx context.Context, port int32) {
	ticker := time.NewTicker(heartbeatInterval)
	defer ticker.Stop()
	for {
		if err := n.renew(ctx, port); err != nil && ctx.Err() == nil {
			n.options.Logger.Warn("the node's heartbeat failed", "node", n.options.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (n *Node) renew(ctx context.Context, port int32) error {
	node, err := n.client.CoreV1().Nodes().Get(ctx, n.options.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return n.register(ctx, port)
	}
	if err != nil {
		return fmt.Errorf("read node %s: %w", n.options.Name, err)
	}
	duration := int32(leaseDuration)
	renewed := metav1.NowMicro()
	spec := coordinationv1.LeaseSpec{
		HolderIdentity: &n.options.Name, LeaseDurationSeconds: &duration, RenewTime: &renewed,
	}
	leases := n.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	lease, err := leases.Get(ctx, n.options.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = leases.Create(ctx, &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{
				Name: n.options.Name,
				OwnerReferences: []metav1.OwnerReference{{
					APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID,
				}},
			},
			Spec: spec,
		}, metav1.CreateOptions{})
	case err == nil:
		lease.Spec = spec
		_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("renew the lease of node %s: %w", n.options.Name, err)
	}
	return nil
}
