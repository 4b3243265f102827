package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// entry is a row in its table. Its row is replaced, never modified, and nil once
// the row is deleted.
type entry struct {
	seq     uint64 // order of insertion
	written uint64 // order of the last write
	row     Row
}

// list is entries in the order of their insertion.
type list []*entry

func (l list) find(e *entry) (int, bool) {
	return slices.BinarySearchFunc(l, e.seq, func(o *entry, seq uint64) int { return cmp.Compare(o.seq, seq) })
}

func (l list) add(e *entry) list {
	if n := len(l); n == 0 || l[n-1].seq < e.seq {
		return append(l, e)
	}
	i, found := l.find(e)
	if found {
		return l
	}
	return slices.Insert(l, i, e)
}

// remove takes the first one without moving the others, which is the case that
// cascades meet.
func (l list) remove(e *entry) list {
	i, found := l.find(e)
	switch {
	case !found:
		return l
	case i == 0:
		l[0] = nil
		return l[1:]
	default:
		return slices.Delete(l, i, i+1)
	}
}

// table is the rows of one table with its indexes.
type table struct {
	def     *schema.Table
	rows    list
	byID    map[string]*entry
	indexes map[string]map[string]list // column, value
	uniques []map[string]*entry        // as def.Uniques, by the key of the columns
}

func newTable(def *schema.Table) *table {
	t := &table{
		def:     def,
		byID:    map[string]*entry{},
		indexes: map[string]map[string]list{},
		uniques: make([]map[string]*entry, len(def.Uniques)),
	}
	for _, k := range def.ForeignKeys {
		t.indexes[k.Column] = map[string]list{}
	}
	for _, c := range def.Indexes {
		t.indexes[c] = map[string]list{}
	}
	for i, u := range def.Uniques {
		t.uniques[i] = map[string]*entry{}
		if first := u.Columns[0]; t.indexes[first] == nil {
			t.indexes[first] = map[string]list{}
		}
	}
	return t
}

// link adds an entry's current row to the indexes.
func (t *table) link(e *entry) {
	for column, index := range t.indexes {
		if v, ok := e.row[column].(string); ok {
			index[v] = index[v].add(e)
		}
	}
	for i, u := range t.def.Uniques {
		if key, ok := uniqueKey(u, e.row); ok {
			t.uniques[i][key] = e
		}
	}
}

// unlink takes an entry's current row out of the indexes.
func (t *table) unlink(e *entry) {
	for column, index := range t.indexes {
		v, ok := e.row[column].(string)
		if !ok {
			continue
		}
		if l := index[v].remove(e); len(l) > 0 {
			index[v] = l
		} else {
			delete(index, v)
		}
	}
	for i, u := range t.def.Uniques {
		if key, ok := uniqueKey(u, e.row); ok {
			delete(t.uniques[i], key)
		}
	}
}

// put adds an entry that is not in the table.
func (t *table) put(e *entry, id string) {
	t.rows = t.rows.add(e)
	t.byID[id] = e
	t.link(e)
}

// drop takes an entry out of the table. Its row stays readable until the caller
// clears it.
func (t *table) drop(e *entry, id string) {
	t.unlink(e)
	delete(t.byID, id)
	t.rows = t.rows.remove(e)
}

// replace gives an entry another row with the same id. Only the indexes over changed columns are touched.
func (t *table) replace(e *entry, row Row) {
	old := e.row
	e.row = row
	for column, index := range t.indexes {
		was, had := old[column].(string)
		is, has := row[column].(string)
		if had == has && was == is {
			continue
		}
		if had {
			if l := index[was].remove(e); len(l) > 0 {
				index[was] = l
			} else {
				delete(index, was)
			}
		}
		if has {
			index[is] = index[is].add(e)
		}
	}
	for i, u := range t.def.Uniques {
		was, had := uniqueKey(u, old)
		is, has := uniqueKey(u, row)
		if had == has && was == is {
			continue
		}
		if had {
			delete(t.uniques[i], was)
		}
		if has {
			t.uniques[i][is] = e
		}
	}
}

// conflict returns the unique constraint that a row would break beside the
// entries other than self, or "".
func (t *table) conflict(row Row, self *entry) string {
	for i, u := range t.def.Uniques {
		key, ok := uniqueKey(u, row)
		if !ok {
			continue
		}
		if other := t.uniques[i][key]; other != nil && other != self {
			return u.Name
		}
	}
	return ""
}

// uniqueKey is the columns of a constraint as one string, and false if one of
// them is NULL.
func uniqueKey(u schema.Unique, row Row) (string, bool) {
	if len(u.Columns) == 1 {
		s, ok := row[u.Columns[0]].(string)
		return s, ok
	}
	var b strings.Builder
	for _, c := range u.Columns {
		switch v := row[c].(type) {
		case nil:
			return "", false
		case string:
			b.WriteString(strconv.Itoa(len(v)))
			b.WriteByte(':')
			b.WriteString(v)
		case int64:
			b.WriteString(strconv.FormatInt(v, 10))
			b.WriteByte(';')
		case bool:
			b.WriteString(strconv.FormatBool(v))
		case time.Time:
			b.WriteString(v.Format(time.RFC3339Nano))
		}
	}
	return b.String(), true
}
