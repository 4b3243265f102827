// Package store is Prefect Server's database: the tables of package schema with
// their constraints, cascades and triggers, in memory, under serialised
// transactions that roll back as a whole.
//
// An embedded SQL engine was considered and not taken: it would bring its own
// dialect, types and collations in the place of PostgreSQL's, whose constraints
// and cascades are what matters.
package store

import (
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// Row is one row: column name to value. A uuid, text or interval is a string,
// an integer an int64, a boolean a bool, a timestamp a time.Time in UTC with
// microseconds, jsonb decoded JSON whose numbers are json.Number, NULL nil.
//
// A row that the store hands out has every column of its table and is shared:
// read it, do not modify it.
type Row map[string]any

// Store holds the tables. Use New. It is safe for concurrent use.
type Store struct {
	clock    func() time.Time
	database *schema.Database

	mu     sync.RWMutex
	tables map[string]*table
	seq    uint64
}

// New returns a store with every table empty. The clock gives the time that
// defaults and the update trigger stamp; nil means time.Now.
func New(clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	s := &Store{clock: clock, database: schema.NewDatabase(), tables: map[string]*table{}}
	for _, t := range s.database.Tables {
		s.tables[t.Name] = newTable(t)
	}
	return s
}

// Database returns the description of the tables.
func (s *Store) Database() *schema.Database { return s.database }

// Update runs f in a write transaction, one at a time. If f returns an error,
// nothing of what it did remains and the error is returned unchanged. f must
// not start another transaction, nor keep tx.
func (s *Store) Update(f func(tx *Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &Tx{store: s, writable: true, now: stamp(s.clock())}
	done := false
	defer func() {
		if !done { // f panicked: leave no partial change for the caller that recovers
			tx.rollback()
		}
	}()
	err := f(tx)
	if err != nil {
		tx.rollback()
	}
	done = true
	return err
}

// View runs f in a read-only transaction, concurrently with other readers.
func (s *Store) View(f func(tx *Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return f(&Tx{store: s, now: stamp(s.clock())})
}

// stamp is a moment as PostgreSQL keeps it.
func stamp(t time.Time) time.Time { return t.UTC().Round(time.Microsecond) }
