package runjobs

import (
	"context"
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// ErrPartial means that Jobs were read, but not everything about them.
var ErrPartial = errors.New("observation incomplete")

// pageSize is how many objects one request lists.
const pageSize = 500

// List describes the Jobs of a flow run that exist now in a namespace ("" for the client's), newest last. When Jobs can
// be read but pods or events cannot, the result comes with an error that is ErrPartial.
func List(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) ([]Job, error) {
	namespace = client.InNamespace(namespace)
	h := newHistory()
	jobs, err := runJobs(ctx, client, namespace, flowRunID)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		h.putJob(&jobs[i], false)
	}
	return h.complete(ctx, client, namespace, runSelector(flowRunID))
}

// Get describes a Job with its pods and events, whoever created it. kubeclient.ErrNotFound if there is none of this name in
// the namespace ("" for the client's). When the Job can be read but its pods or events cannot, the result comes with an
// error that is ErrPartial.
func Get(ctx context.Context, client *kubeclient.Client, namespace, name string) (*Job, error) {
	namespace = client.InNamespace(namespace)
	job, err := client.Interface().BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, kubeclient.Classify("get", "jobs", namespace, name, err)
	}
	h := newHistory()
	h.putJob(job, false)
	selector := "" // a Job whose selector is not set yet has no pods
	if job.Spec.Selector != nil {
		selector = metav1.FormatLabelSelector(job.Spec.Selector)
	}
	all, partial := h.complete(ctx, client, namespace, selector)
	for i := range all {
		if all[i].Name == name {
			return &all[i], partial
		}
	}
	return nil, partial
}

// complete adds the selected pods ("" for none) to the Jobs of a history, and the events about both, and describes them.
func (h *history) complete(ctx context.Context, client *kubeclient.Client, namespace, selector string) ([]Job, error) {
	partial := h.addPods(ctx, client, namespace, selector)
	if partial == nil {
		partial = h.addEvents(ctx, client, namespace)
	}
	if err := ctx.Err(); err != nil {
		return nil, kubeclient.Classify("list", "jobs", namespace, "", err)
	}
	if partial != nil {
		partial = fmt.Errorf("%w: %w", ErrPartial, partial)
	}
	return h.snapshot(), partial
}

func runJobs(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) ([]batchv1.Job, error) {
	var out []batchv1.Job
	o := metav1.ListOptions{LabelSelector: runSelector(flowRunID), Limit: pageSize}
	for {
		page, err := client.Interface().BatchV1().Jobs(namespace).List(ctx, o)
		if err != nil {
			return nil, kubeclient.Classify("list", "jobs", namespace, "", err)
		}
		out = append(out, page.Items...)
		if o.Continue = page.Continue; o.Continue == "" {
			return out, nil
		}
	}
}

func (h *history) addPods(ctx context.Context, client *kubeclient.Client, namespace, selector string) error {
	if selector == "" {
		return nil
	}
	o := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		page, err := client.Interface().CoreV1().Pods(namespace).List(ctx, o)
		if err != nil {
			return kubeclient.Classify("list", "pods", namespace, "", err)
		}
		for i := range page.Items {
			h.putPod(&page.Items[i], false)
		}
		if o.Continue = page.Continue; o.Continue == "" {
			return nil
		}
	}
}

func (h *history) addEvents(ctx context.Context, client *kubeclient.Client, namespace string) error {
	add := func(kind, name string) error {
		list, err := client.Interface().CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: eventSelector(kind, name)})
		if err != nil {
			return kubeclient.Classify("list", "events", namespace, "", err)
		}
		for i := range list.Items {
			h.putEvent(&list.Items[i])
		}
		return nil
	}
	for _, j := range h.jobs {
		if err := add("Job", j.object.Name); err != nil {
			return err
		}
	}
	for _, p := range h.pods {
		if err := add("Pod", p.object.Name); err != nil {
			return err
		}
	}
	return nil
}
