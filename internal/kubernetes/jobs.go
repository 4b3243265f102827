package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// pageSize is how many objects one request lists.
const pageSize = 500

func (c *Client) list(ctx context.Context, resource, namespace string, o metav1.ListOptions) (runtime.Object, error) {
	switch resource {
	case "jobs":
		return c.set.BatchV1().Jobs(namespace).List(ctx, o)
	case "pods":
		return c.set.CoreV1().Pods(namespace).List(ctx, o)
	case "events":
		return c.set.CoreV1().Events(namespace).List(ctx, o)
	default:
		return nil, fmt.Errorf("kubernetes: unknown resource %q", resource)
	}
}

func (c *Client) watch(ctx context.Context, resource, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	switch resource {
	case "jobs":
		return c.set.BatchV1().Jobs(namespace).Watch(ctx, o)
	case "pods":
		return c.set.CoreV1().Pods(namespace).Watch(ctx, o)
	case "events":
		return c.set.CoreV1().Events(namespace).Watch(ctx, o)
	default:
		return nil, fmt.Errorf("kubernetes: unknown resource %q", resource)
	}
}

// JobsOfRun describes the Jobs of a flow run that exist now in a namespace ("" for the client's), newest last. When
// Jobs can be read but pods or events cannot, the result comes with an error that is ErrPartial.
func (c *Client) JobsOfRun(ctx context.Context, namespace, flowRunID string) ([]JobInfo, error) {
	namespace = c.in(namespace)
	r := newRecord()
	jobs, err := c.runJobs(ctx, namespace, flowRunID)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		r.putJob(&jobs[i], false)
	}
	partial := c.addPods(ctx, r, namespace, flowRunID)
	if partial == nil {
		partial = c.addEvents(ctx, r, namespace)
	}
	if err := ctx.Err(); err != nil {
		return nil, access("list", "jobs", namespace, "", err)
	}
	if partial != nil {
		partial = fmt.Errorf("%w: %w", ErrPartial, partial)
	}
	return r.snapshot(), partial
}

func (c *Client) runJobs(ctx context.Context, namespace, flowRunID string) ([]batchv1.Job, error) {
	var out []batchv1.Job
	o := metav1.ListOptions{LabelSelector: runSelector(flowRunID), Limit: pageSize}
	for {
		page, err := c.set.BatchV1().Jobs(namespace).List(ctx, o)
		if err != nil {
			return nil, access("list", "jobs", namespace, "", err)
		}
		out = append(out, page.Items...)
		if o.Continue = page.Continue; o.Continue == "" {
			return out, nil
		}
	}
}

func (c *Client) addPods(ctx context.Context, r *record, namespace, flowRunID string) error {
	o := metav1.ListOptions{LabelSelector: runSelector(flowRunID), Limit: pageSize}
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

func (c *Client) addEvents(ctx context.Context, r *record, namespace string) error {
	add := func(kind, name string) error {
		list, err := c.set.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: eventSelector(kind, name)})
		if err != nil {
			return access("list", "events", namespace, "", err)
		}
		for i := range list.Items {
			r.putEvent(&list.Items[i])
		}
		return nil
	}
	for _, j := range r.jobs {
		if err := add("Job", j.object.Name); err != nil {
			return err
		}
	}
	for _, p := range r.pods {
		if err := add("Pod", p.object.Name); err != nil {
			return err
		}
	}
	return nil
}

// CreateJob creates a generated Job. An error is an *AccessError, or a *GenerateError for what is no Job at all.
func (c *Client) CreateJob(ctx context.Context, namespace string, job map[string]any) (*batchv1.Job, error) {
	return c.createJob(ctx, namespace, job, metav1.CreateOptions{})
}

// DryRunJob submits a generated Job to the cluster's validation and admission without creating it: an error of kind
// ErrRejected says that the Job would be refused, ErrForbidden that the credentials do not allow the trial.
func (c *Client) DryRunJob(ctx context.Context, namespace string, job map[string]any) error {
	_, err := c.createJob(ctx, namespace, job, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func (c *Client) createJob(ctx context.Context, namespace string, job map[string]any, o metav1.CreateOptions) (*batchv1.Job, error) {
	namespace = c.in(namespace)
	typed, err := ToJob(job)
	if err != nil {
		return nil, err
	}
	created, err := c.set.BatchV1().Jobs(namespace).Create(ctx, typed, o)
	if err != nil {
		return nil, access("create", "jobs", namespace, typed.Name, err)
	}
	return created, nil
}

// deletePoll is how often to look whether Jobs are gone when they cannot be watched.
const deletePoll = 2 * time.Second

// DeleteJobsOfRun deletes the Jobs of a flow run and returns once they and their pods are gone. Jobs that appear
// meanwhile are deleted, too. No Job at all is no error. ErrStillThere says that the cluster has taken the deletion.
func (c *Client) DeleteJobsOfRun(ctx context.Context, namespace, flowRunID string) error {
	taken, err := c.deleteJobsOfRun(ctx, c.in(namespace), flowRunID)
	if taken && errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
		return fmt.Errorf("%w: %w", ErrStillThere, err)
	}
	return err
}

// deleteJobsOfRun also says whether the cluster has agreed to delete all that there was.
func (c *Client) deleteJobsOfRun(ctx context.Context, namespace, flowRunID string) (taken bool, err error) {
	for {
		jobs, err := c.runJobs(ctx, namespace, flowRunID)
		if err != nil || len(jobs) == 0 {
			return taken, err
		}
		for i := range jobs {
			if err := c.deleteJob(ctx, &jobs[i]); err != nil {
				return false, err
			}
		}
		taken = true
		if err := c.awaitDeletion(ctx, namespace, flowRunID); err != nil {
			return taken, err
		}
	}
}

func (c *Client) deleteJob(ctx context.Context, job *batchv1.Job) error {
	if job.DeletionTimestamp != nil {
		return nil
	}
	foreground := metav1.DeletePropagationForeground // the Job goes after its pods
	o := metav1.DeleteOptions{PropagationPolicy: &foreground}
	if job.UID != "" {
		o.Preconditions = &metav1.Preconditions{UID: &job.UID}
	}
	err := access("delete", "jobs", job.Namespace, job.Name, c.set.BatchV1().Jobs(job.Namespace).Delete(ctx, job.Name, o))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// awaitDeletion returns when a Job of the run was deleted, or when it is time to look again.
func (c *Client) awaitDeletion(ctx context.Context, namespace, flowRunID string) error {
	timer := time.NewTimer(deletePoll)
	defer timer.Stop()
	var results <-chan watch.Event
	stream, err := c.set.BatchV1().Jobs(namespace).Watch(ctx, metav1.ListOptions{LabelSelector: runSelector(flowRunID)})
	if err == nil {
		defer stream.Stop()
		results = stream.ResultChan()
		// What happened between the deletion and the watch would be missed.
		if jobs, err := c.runJobs(ctx, namespace, flowRunID); err != nil || len(jobs) == 0 {
			return err
		}
	}
	for {
		select {
		case e, open := <-results:
			if !open {
				results = nil // look again when the timer fires
			} else if e.Type == watch.Deleted {
				return nil
			}
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return access("delete", "jobs", namespace, "", ctx.Err())
		}
	}
}

// EventsOf lists the events about an object, oldest first.
func (c *Client) EventsOf(ctx context.Context, namespace, kind, name, uid string) ([]EventInfo, error) {
	namespace = c.in(namespace)
	list, err := c.set.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: eventSelector(kind, name)})
	if err != nil {
		return nil, access("list", "events", namespace, "", err)
	}
	var out []EventInfo
	for i := range list.Items {
		if e := &list.Items[i]; isAbout(e, kind, name, uid) {
			out = append(out, eventInfo(e))
		}
	}
	sortEvents(out)
	return out, nil
}
