package kubernetes

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// logBytes bounds what ContainerLog reads.
const logBytes = 16 << 10

// ContainerLog returns the last lines of a container's log, as far as the node still has it; previous means that of
// the instance before the present one. It needs the right to get pods/log; errors are *AccessError values.
func (c *Client) ContainerLog(ctx context.Context, namespace, pod, container string, lines int64, previous bool) ([]string, error) {
	namespace = c.in(namespace)
	limit := int64(logBytes)
	raw, err := c.set.CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: container, TailLines: &lines, LimitBytes: &limit, Previous: previous,
	}).DoRaw(ctx)
	if err != nil {
		return nil, access("get", "pods/log", namespace, pod, err)
	}
	text := strings.TrimRight(string(raw), "\n")
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, "\n"), nil
}
