package runjobs

import (
	"context"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

const (
	// logBytes limits what ContainerLog returns.
	logBytes = 16 << 10
	// logRead limits what it reads for that: the API applies a byte limit from the first of the last lines,
	// and so would cut off the end.
	logRead = 64 << 20
)

// ContainerLog returns the last lines of a container's log that the node still has, at most logBytes;
// previous selects the instance before the current one. It needs permission to get pods/log; errors are
// *kubeclient.AccessError values.
func ContainerLog(ctx context.Context, client *kubeclient.Client, namespace, pod, container string, lines int64, previous bool) ([]string, error) {
	namespace = client.InNamespace(namespace)
	limit := int64(logRead)
	stream, err := client.Interface().CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: container, TailLines: &lines, LimitBytes: &limit, Previous: previous,
	}).Stream(ctx)
	if err != nil {
		return nil, kubeclient.Classify("get", "pods/log", namespace, pod, err)
	}
	defer func() { _ = stream.Close() }() // the log has been read
	var end tail
	if _, err := io.Copy(&end, stream); err != nil {
		return nil, kubeclient.Classify("get", "pods/log", namespace, pod, err)
	}
	text := strings.TrimRight(end.text(), "\n")
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, "\n"), nil
}

// tail keeps the last logBytes written to it.
type tail struct {
	kept []byte
	cut  bool
}

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - logBytes; over > 0 {
		t.kept, t.cut = append(t.kept[:0], t.kept[over:]...), true
	}
	return len(p), nil
}

// text returns what was kept, starting at the beginning of a line if possible.
func (t *tail) text() string {
	text := string(t.kept)
	if !t.cut {
		return text
	}
	if _, rest, ok := strings.Cut(text, "\n"); ok && rest != "" {
		return rest
	}
	return strings.ToValidUTF8(text, "")
}
