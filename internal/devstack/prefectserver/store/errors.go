package store

import (
	"errors"
	"fmt"
)

// The kinds of refusal, for errors.Is.
var (
	ErrUnique     = errors.New("uniqueness violation")
	ErrForeignKey = errors.New("foreign key violation")
	ErrNotNull    = errors.New("not-null violation")
	// ErrData is a value that its column's type does not accept.
	ErrData = errors.New("data exception")
	// ErrReadOnly is a write inside View.
	ErrReadOnly = errors.New("read-only transaction")
	// ErrUnknown is a table or column that the database does not have.
	ErrUnknown = errors.New("unknown table or column")
)

// ConstraintError says which constraint of which table refused a write.
type ConstraintError struct {
	Table      string
	Constraint string // empty for NOT NULL
	Column     string // for NOT NULL
	Kind       error  // ErrUnique, ErrForeignKey or ErrNotNull
}

// Error returns the message with which Prefect Server answers.
func (e *ConstraintError) Error() string {
	switch {
	case errors.Is(e.Kind, ErrUnique):
		return "Uniqueness violation."
	case errors.Is(e.Kind, ErrForeignKey):
		return "Foreign key violation."
	default:
		return fmt.Sprintf("Not-NULL violation. null value in column %q of relation %q violates not-null constraint",
			e.Column, e.Table)
	}
}

// Unwrap makes errors.Is find the kind.
func (e *ConstraintError) Unwrap() error { return e.Kind }

// DataError is a value that a column's type does not accept.
type DataError struct {
	Message string // as PostgreSQL words it
}

func (e *DataError) Error() string { return e.Message }

// Unwrap makes errors.Is find ErrData.
func (e *DataError) Unwrap() error { return ErrData }
