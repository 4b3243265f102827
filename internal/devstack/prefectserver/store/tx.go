package store

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// Tx is a transaction. It belongs to the function that Update or View called.
type Tx struct {
	store    *Store
	writable bool
	now      time.Time
	undo     []func()
}

// Clock is the present moment: PostgreSQL's clock_timestamp().
func (tx *Tx) Clock() time.Time { return stamp(tx.store.clock()) }

func (tx *Tx) rollback() {
	for _, f := range slices.Backward(tx.undo) {
		f()
	}
	tx.undo = nil
}

func (tx *Tx) writableTable(name string) (*table, error) {
	if !tx.writable {
		return nil, ErrReadOnly
	}
	t := tx.store.tables[name]
	if t == nil {
		return nil, fmt.Errorf("table %q: %w", name, ErrUnknown)
	}
	return t, nil
}

func idOf(row Row) string {
	id, _ := row["id"].(string)
	return id
}

// Get returns the row of that id.
func (tx *Tx) Get(table, id string) (Row, bool) {
	t := tx.store.tables[table]
	if t == nil {
		return nil, false
	}
	e := t.byID[id]
	if e == nil && !canonicalUUID(id) {
		if parsed, err := uuid.Parse(strings.TrimSpace(id)); err == nil {
			e = t.byID[parsed.String()]
		}
	}
	if e == nil {
		return nil, false
	}
	return e.row, true
}

// By returns the rows whose column equals value, in the order of insertion. With
// nil it returns those where the column is NULL. Foreign keys, the leading column
// of unique constraints and the table's indexes are looked up; other columns are
// compared row by row.
func (tx *Tx) By(table, column string, value any) []Row {
	t := tx.store.tables[table]
	if t == nil || t.def.Column(column) == nil {
		return nil
	}
	var want any
	if value != nil {
		v, err := Value(t.def.Column(column), value)
		if err != nil {
			return nil
		}
		want = v
	}
	if s, ok := want.(string); ok {
		if column == "id" {
			if row, ok := tx.Get(table, s); ok {
				return []Row{row}
			}
			return nil
		}
		if index, ok := t.indexes[column]; ok {
			found := index[s]
			rows := make([]Row, len(found))
			for i, e := range found {
				rows[i] = e.row
			}
			return rows
		}
	}
	var rows []Row
	for _, e := range t.rows {
		if sameValue(e.row[column], want) {
			rows = append(rows, e.row)
		}
	}
	return rows
}

// Indexed reports whether By looks a column up rather than comparing every row.
func (tx *Tx) Indexed(table, column string) bool {
	t := tx.store.tables[table]
	if t == nil {
		return false
	}
	_, ok := t.indexes[column]
	return ok || column == "id"
}

func sameValue(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case string, int64, bool:
		return a == b
	default:
		return EqualJSON(a, b)
	}
}

// Scan yields every row of a table in the order of insertion. The table may be
// changed meanwhile: rows deleted before their turn are left out, rows inserted
// are not seen.
func (tx *Tx) Scan(table string) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		t := tx.store.tables[table]
		if t == nil {
			return
		}
		rows := t.rows
		if tx.writable {
			rows = slices.Clone(rows)
		}
		for _, e := range rows {
			if e.row != nil && !yield(e.row) {
				return
			}
		}
	}
}

// Count is the number of rows of a table.
func (tx *Tx) Count(table string) int {
	if t := tx.store.tables[table]; t != nil {
		return len(t.rows)
	}
	return 0
}

// Insert adds a row and returns it with its defaults. It fails with a
// *ConstraintError or *DataError. What the table's triggers do has been done when
// it returns, and the returned row shows it.
func (tx *Tx) Insert(table string, row Row) (Row, error) {
	t, err := tx.writableTable(table)
	if err != nil {
		return nil, err
	}
	full, err := tx.complete(t, row)
	if err != nil {
		return nil, err
	}
	id := idOf(full)
	if _, exists := t.byID[id]; exists {
		return nil, &ConstraintError{Table: table, Constraint: table + "_pkey", Kind: ErrUnique}
	}
	if name := t.conflict(full, nil); name != "" {
		return nil, &ConstraintError{Table: table, Constraint: name, Kind: ErrUnique}
	}
	if err := tx.checkReferences(t, full, nil); err != nil {
		return nil, err
	}
	tx.store.seq++
	e := &entry{seq: tx.store.seq, written: tx.store.seq, row: full}
	t.put(e, id)
	tx.undo = append(tx.undo, func() { t.drop(e, id); e.row = nil })
	for _, trigger := range t.def.AfterInsert {
		if err := tx.fire(trigger, full); err != nil {
			return nil, err
		}
	}
	return e.row, nil
}

// complete checks the given values and fills in the defaults of the others.
func (tx *Tx) complete(t *table, row Row) (Row, error) {
	full := make(Row, len(t.def.Columns))
	known := 0
	for i := range t.def.Columns {
		c := &t.def.Columns[i]
		v, given := row[c.Name]
		if given {
			known++
			value, err := Value(c, v)
			if err != nil {
				return nil, err
			}
			full[c.Name] = value
		} else {
			full[c.Name] = tx.defaultOf(c)
		}
	}
	if known != len(row) {
		return nil, unknownColumn(t, row)
	}
	for i := range t.def.Columns { // only now: PostgreSQL reads all values before it checks any
		if c := &t.def.Columns[i]; c.NotNull && full[c.Name] == nil {
			return nil, &ConstraintError{Table: t.def.Name, Column: c.Name, Kind: ErrNotNull}
		}
	}
	return full, nil
}

func unknownColumn(t *table, row Row) error {
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if t.def.Column(name) == nil {
			return fmt.Errorf("column %q of table %q: %w", name, t.def.Name, ErrUnknown)
		}
	}
	return nil
}

func (tx *Tx) defaultOf(c *schema.Column) any {
	switch c.Default {
	case schema.RandomUUID:
		return uuid.NewString()
	case schema.Now:
		return tx.now
	case schema.ClockTimestamp:
		return tx.Clock()
	case schema.Literal:
		return c.Value
	default:
		return nil
	}
}

// checkReferences checks the foreign keys of a row, or of those columns only that
// differ from the row it replaces.
func (tx *Tx) checkReferences(t *table, row, old Row) error {
	for _, k := range t.def.ForeignKeys {
		id, ok := row[k.Column].(string)
		if !ok || (old != nil && old[k.Column] == row[k.Column]) {
			continue
		}
		if _, exists := tx.store.tables[k.Table].byID[id]; !exists {
			return &ConstraintError{Table: t.def.Name, Constraint: k.Name, Kind: ErrForeignKey}
		}
	}
	return nil
}

// Update sets columns of the row of that id and stamps its updated column. It
// returns false if there is no such row. It fails with a *ConstraintError or
// *DataError. The id itself cannot be changed.
func (tx *Tx) Update(table, id string, set Row) (bool, error) {
	t, err := tx.writableTable(table)
	if err != nil {
		return false, err
	}
	current, ok := tx.Get(table, id)
	if !ok {
		return false, nil
	}
	e := t.byID[idOf(current)]
	row := maps.Clone(current)
	for name, v := range set {
		c := t.def.Column(name)
		if c == nil || name == "id" {
			return false, fmt.Errorf("column %q of table %q: %w", name, table, ErrUnknown)
		}
		value, err := Value(c, v)
		if err != nil {
			return false, err
		}
		if c.NotNull && value == nil {
			return false, &ConstraintError{Table: table, Column: name, Kind: ErrNotNull}
		}
		row[name] = value
	}
	row["updated"] = tx.now
	if name := t.conflict(row, e); name != "" {
		return false, &ConstraintError{Table: table, Constraint: name, Kind: ErrUnique}
	}
	if err := tx.checkReferences(t, row, current); err != nil {
		return false, err
	}
	tx.replace(t, e, row)
	return true, nil
}

func (tx *Tx) replace(t *table, e *entry, row Row) {
	old, written := e.row, e.written
	tx.store.seq++
	e.written = tx.store.seq
	t.replace(e, row)
	tx.undo = append(tx.undo, func() { t.replace(e, old); e.written = written })
}

// Delete removes the row of that id and does to the rows that refer to it what
// their constraints say. It returns false if there is no such row.
func (tx *Tx) Delete(table, id string) (bool, error) {
	t, err := tx.writableTable(table)
	if err != nil {
		return false, err
	}
	row, ok := tx.Get(table, id)
	if !ok {
		return false, nil
	}
	id = idOf(row)
	e := t.byID[id]
	t.drop(e, id)
	e.row = nil
	tx.undo = append(tx.undo, func() { e.row = row; t.put(e, id) })
	for _, referrer := range tx.store.database.Referrers(table) {
		if err := tx.release(referrer, id); err != nil {
			return false, err
		}
	}
	return true, nil
}

// release applies one foreign key's action to the rows that refer to a deleted id.
func (tx *Tx) release(referrer schema.Referrer, id string) error {
	for _, row := range tx.By(referrer.Table, referrer.Key.Column, id) {
		own := idOf(row)
		var err error
		switch referrer.Key.OnDelete {
		case schema.Cascade:
			_, err = tx.Delete(referrer.Table, own)
		case schema.SetNull:
			_, err = tx.Update(referrer.Table, own, Row{referrer.Key.Column: nil})
		}
		if err != nil {
			return fmt.Errorf("deleting what refers to %s through %s: %w", id, referrer.Key.Name, err)
		}
	}
	return nil
}

// ByLastWrite sorts rows of one table by when each was last inserted or updated,
// leaving out repetitions and rows no longer there. That is the order in which
// PostgreSQL, which writes a new version of a row at the end of its table, tends
// to return rows for which a query asks no order. Rows of no table stay as they are.
func (tx *Tx) ByLastWrite(table string, rows []Row) []Row {
	t := tx.store.tables[table]
	if t == nil {
		return rows
	}
	entries := make([]*entry, 0, len(rows))
	sorted := true
	for _, row := range rows {
		e := t.byID[idOf(row)]
		if e == nil {
			sorted = false
			continue
		}
		if n := len(entries); n > 0 && entries[n-1].written >= e.written {
			sorted = false
		}
		entries = append(entries, e)
	}
	if sorted {
		return rows
	}
	slices.SortFunc(entries, func(a, b *entry) int { return cmp.Compare(a.written, b.written) })
	entries = slices.Compact(entries)
	out := make([]Row, len(entries))
	for i, e := range entries {
		out[i] = e.row
	}
	return out
}
