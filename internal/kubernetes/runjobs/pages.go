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
	// maxPages bounds a list; a run has nowhere near as many Jobs and pods.
	maxPages = 50
)

// ErrEndless means that a list of the API server does not come to its end.
var ErrEndless = errors.New("the list has no end")

// pageCounter recognises lists that have no end.
type pageCounter struct{ pages int }

// check looks at the page that options have brought.
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
		return fmt.Errorf("%w: the API server continues a page with itself", ErrEndless)
	case c.pages >= maxPages:
		return fmt.Errorf("%w: the API server has more than %d pages of %d", ErrEndless, maxPages, pageSize)
	}
	return nil
}
