package kubernetes

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// JobByName describes a Job with its pods and events, whoever created it. ErrNotFound if there is none of this name in
// the namespace ("" for the client's). When the Job can be read but its pods or events cannot, the result comes with an
// error that is ErrPartial.
func (c *Client) JobByName(ctx context.Context, namespace, name string) (*JobInfo, error) {
	namespace = c.in(namespace)
	job, err := c.set.BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, access("get", "jobs", namespace, name, err)
	}
	r := newRecord()
	r.putJob(job, false)
	partial := c.addPodsOf(ctx, r, namespace, job.Spec.Selector)
	if partial == nil {
		partial = c.addEvents(ctx, r, namespace)
	}
	if err := ctx.Err(); err != nil {
		return nil, access("get", "jobs", namespace, name, err)
	}
	if partial != nil {
		partial = fmt.Errorf("%w: %w", ErrPartial, partial)
	}
	for _, info := range r.snapshot() {
		if info.Name == name {
			return &info, partial
		}
	}
	return nil, partial
}

// addPodsOf adds the pods that a Job's selector selects. A Job whose selector is not set yet has none.
func (c *Client) addPodsOf(ctx context.Context, r *record, namespace string, selector *metav1.LabelSelector) error {
	if selector == nil {
		return nil
	}
	o := metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(selector), Limit: pageSize}
	for {
		page, err := c.set.CoreV1().Pods(namespace).List(ctx, o)
		if err != nil {
			return access("list", "pods", namespace, "", err)
		}
		for i := range page.Items {
			r.putPod(&page.Items[i], false)
		}
		if o.Continue = page.Continue; o.Continue == "" {
			return nil
		}
	}
}
