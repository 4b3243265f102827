package runjobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/tools/pager"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// ErrPartial means that Jobs were read, but some of their details could not be.
var ErrPartial = errors.New("observation incomplete")

// List returns the current Jobs of a flow run in a namespace ("" for all of the client's), newest last. If
// Jobs can be read but pods or events cannot, or only the Jobs of some namespaces, it returns a result and an
// error of kind ErrPartial. It takes at most kubeclient.OperationTimeout.
func List(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) (all []Job, err error) {
	h := newHistory()
	var unread []error
	namespaces := client.NamespacesOr(namespace)
	err = kubeclient.Within(ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
		for _, namespace := range namespaces {
			jobs, err := runJobs(ctx, client, namespace, flowRunID)
			if err != nil {
				unread = append(unread, err)
				continue
			}
			for i := range jobs {
				h.putJob(&jobs[i], false)
			}
			if err := h.complete(ctx, client, namespace, runSelector(flowRunID)); err != nil {
				unread = append(unread, fmt.Errorf("%w: %w", ErrPartial, err))
			}
		}
		return errors.Join(unread...)
	})
	switch {
	case err == nil:
	case ctx.Err() != nil, len(unread) == len(namespaces) && !errors.Is(err, ErrPartial):
		return nil, err //nolint:wrapcheck // classified
	case !errors.Is(err, ErrPartial):
		err = fmt.Errorf("%w: %w", ErrPartial, err)
	}
	return h.snapshot(), err
}

// Get returns any Job with its pods and events; kubeclient.ErrNotFound if the namespace ("" for the client's)
// has none of this name. If its pods or events cannot be read, it returns the Job and an error of kind
// ErrPartial. It takes at most kubeclient.OperationTimeout.
func Get(ctx context.Context, client *kubeclient.Client, namespace, name string) (found *Job, err error) {
	namespace = client.InNamespace(namespace)
	err = kubeclient.Within(ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
		job, err := client.Interface().BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return kubeclient.Classify("get", "jobs", namespace, name, err)
		}
		h := newHistory()
		h.putJob(job, false)
		selector := "" // a Job without a selector yet has no pods
		if job.Spec.Selector != nil {
			selector = metav1.FormatLabelSelector(job.Spec.Selector)
		}
		if err = h.complete(ctx, client, namespace, selector); err != nil {
			err = fmt.Errorf("%w: %w", ErrPartial, err)
		}
		all := h.snapshot()
		if i := slices.IndexFunc(all, func(j Job) bool { return j.Name == name }); i >= 0 {
			found = &all[i]
		}
		return err
	})
	return found, err //nolint:wrapcheck // as of the operation
}

// WithUnfinishedJobs returns which of these flow runs (nil: of all runs) have a Job in one of the client's namespaces that is
// neither complete nor failed. The number of requests does not depend on the number of runs, except that many ids make a long
// request. It takes at most kubeclient.OperationTimeout.
func WithUnfinishedJobs(ctx context.Context, client *kubeclient.Client, flowRunIDs []string) ([]string, error) {
	operator := selection.In
	if flowRunIDs == nil {
		operator = selection.Exists
	}
	requirement, err := labels.NewRequirement(jobspec.LabelFlowRunID, operator, flowRunIDs)
	if err != nil {
		return nil, fmt.Errorf("select the Jobs of runs: %w", err)
	}
	runs := map[string]bool{}
	err = kubeclient.Within(ctx, kubeclient.OperationTimeout, func(ctx context.Context) error {
		for _, namespace := range client.NamespacesOr("") {
			err := eachJob(ctx, client, namespace, requirement.String(), func(job *batchv1.Job) {
				if info := jobInfo(job); !info.Completed && !info.Failed {
					runs[info.FlowRunID] = true
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(runs)), err //nolint:wrapcheck // classified
}

// complete adds the selected pods ("" for none) of a namespace to the Jobs of a history, and the events of
// both.
func (h *history) complete(ctx context.Context, client *kubeclient.Client, namespace, selector string) error {
	err := h.addPods(ctx, client, namespace, selector)
	if err == nil {
		err = h.addEvents(ctx, client, namespace)
	}
	return err
}

func runJobs(ctx context.Context, client *kubeclient.Client, namespace, flowRunID string) ([]batchv1.Job, error) {
	var out []batchv1.Job
	err := eachJob(ctx, client, namespace, runSelector(flowRunID), func(job *batchv1.Job) { out = append(out, *job) })
	return out, err
}

func eachJob(ctx context.Context, client *kubeclient.Client, namespace, selector string, take func(*batchv1.Job)) error {
	return eachPage(ctx, client, "jobs", namespace, selector, func(o runtime.Object) {
		if job, ok := o.(*batchv1.Job); ok {
			take(job)
		}
	})
}

func (h *history) addPods(ctx context.Context, client *kubeclient.Client, namespace, selector string) error {
	if selector == "" {
		return nil
	}
	return eachPage(ctx, client, "pods", namespace, selector, func(o runtime.Object) {
		if pod, ok := o.(*corev1.Pod); ok {
			h.putPod(pod, false)
		}
	})
}

// eachPage calls take with every object that matches the selector.
func eachPage(ctx context.Context, client *kubeclient.Client, resource, namespace, selector string, take func(runtime.Object)) error {
	pages := pageCounter{}
	list := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		page, err := listObjects(ctx, client, resource, namespace, o)
		return page, pages.check(o, page, err)
	})
	list.PageSize = pageSize
	err := list.EachListItem(ctx, metav1.ListOptions{LabelSelector: selector}, func(o runtime.Object) error {
		take(o)
		return nil
	})
	return kubeclient.Classify("list", resource, namespace, "", err)
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
		if j.object.Namespace != namespace {
			continue
		}
		if err := add("Job", j.object.Name); err != nil {
			return err
		}
	}
	for _, p := range h.pods {
		if p.object.Namespace != namespace {
			continue
		}
		if err := add("Pod", p.object.Name); err != nil {
			return err
		}
	}
	return nil
}
