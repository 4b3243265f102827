package runjobs

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	// pageSize is how many objects one request lists.
	pageSize = 500
	// maxPages limits a list; a run has far fewer Jobs and pods.
	maxPages = 50
)

// ErrEndless means that a list of the API server does not end.
var ErrEndless = errors.New("the list has no end")

// pageCounter detects endless lists.
type pageCounter struct{ pages int }

// check examines the page that was requested with these options.
func (c *pageCounter) check(o metav1.ListOptions, page runtime.Object, err error) error {
	if err != nil {
		return err
	}
	if c.pages++; o.Continue == "" {
		c.pages = 1
	}
	list, err := meta.ListAccessor(page)
	if err != nil {
		return fmt.Errorf("read a page: %w", err)
	}
	next := list.GetContinue()
	switch {
	case next == "":
		return nil
	case next == o.Continue:
		return fmt.Errorf("%w: the continuation of a page is the same page", ErrEndless)
	case c.pages >= maxPages:
		return fmt.Errorf("%w: the API server has more than %d pages of %d", ErrEndless, maxPages, pageSize)
	}
	return nil
}
