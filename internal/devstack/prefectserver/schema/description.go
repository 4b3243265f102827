// Package schema describes Prefect Server's database and GraphQL API once.
//
// Tables, columns, constraints and relationships are written down in tables.go
// and the operations beside the table queries in operations.go. The store
// enforces that description and the GraphQL schema is generated from it, so the
// two cannot disagree.
package schema

import "slices"

// Type is a column type, one per PostgreSQL type that Prefect Server uses.
type Type int

// The column types.
const (
	UUID      Type = iota + 1 // uuid
	Text                      // character varying
	Integer                   // integer, 32 bits
	Boolean                   // boolean
	Timestamp                 // timestamp with time zone, microseconds
	JSON                      // jsonb
	Interval                  // interval
)

// Default says what a column holds when an insert leaves it out.
type Default int

// The kinds of default.
const (
	NoDefault      Default = iota // NULL
	RandomUUID                    // a new random UUID
	Now                           // the start of the transaction
	ClockTimestamp                // the moment of the insert
	Literal                       // Column.Value
)

// Column is one column of a table.
type Column struct {
	Name      string
	Type      Type
	NotNull   bool
	Default   Default
	Value     any // the default when Default is Literal
	MaxLength int // characters, 0 for no limit
}

// Action is what deleting a referenced row does to the rows referring to it.
type Action int

// The two actions that Prefect Server's constraints use.
const (
	Cascade Action = iota + 1 // delete the referring rows
	SetNull                   // clear the referring column
)

// ForeignKey is a reference from a column to the id of another table.
type ForeignKey struct {
	Name     string
	Column   string
	Table    string // the referenced table
	OnDelete Action
}

// Unique is a unique constraint. Rows with a NULL in any of its columns are not
// compared.
type Unique struct {
	Name    string
	Columns []string
}

// Trigger names something the database does by itself after an insert.
type Trigger int

// The triggers of Prefect Server's database, apart from the update timestamp
// which every table has.
const (
	// CreateTaskRuns gives a new flow run one Pending task run for each task
	// of its flow.
	CreateTaskRuns Trigger = iota + 1
	// RecordFlowRunState copies a new state onto its flow run.
	RecordFlowRunState
	// RecordTaskRunState copies a new state onto its task run.
	RecordTaskRunState
)

// Relationship is a field through which GraphQL reaches another table.
type Relationship struct {
	Name   string
	Array  bool   // many rows of Table, else at most one
	Table  string // the other table
	Column string // this table's joining column
	Remote string // the other table's joining column
}

// Table describes one table. Rows are known by the column id.
type Table struct {
	Name string
	// NoPrimaryKey says that id is not declared as the key, so that GraphQL has no
	// query by it.
	NoPrimaryKey  bool
	Columns       []Column
	Uniques       []Unique
	ForeignKeys   []ForeignKey
	Indexes       []string // columns looked up by equality, besides id and foreign keys
	AfterInsert   []Trigger
	Relationships []Relationship

	columns       map[string]*Column
	relationships map[string]*Relationship
}

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column { return t.columns[name] }

// Relationship returns the relationship of that name, or nil.
func (t *Table) Relationship(name string) *Relationship { return t.relationships[name] }

// Referrer is a foreign key seen from the table that it refers to.
type Referrer struct {
	Table string
	Key   ForeignKey
}

// Database is the description of all tables.
type Database struct {
	Tables    []*Table // by name
	Views     []*Table // which are read like tables, and have no rows of their own
	Functions []Function
	byName    map[string]*Table
	referrers map[string][]Referrer
}

// All returns tables and views.
func (d *Database) All() []*Table { return slices.Concat(d.Tables, d.Views) }

// Table returns the table or view of that name, or nil.
func (d *Database) Table(name string) *Table { return d.byName[name] }

// Referrers returns the foreign keys that refer to a table.
func (d *Database) Referrers(table string) []Referrer { return d.referrers[table] }

// NewDatabase returns Prefect Server's tables.
func NewDatabase() *Database {
	traversal := traversalTable()
	d := &Database{
		Tables: tables(), Views: []*Table{traversal}, Functions: functions(traversal),
		byName: map[string]*Table{}, referrers: map[string][]Referrer{},
	}
	for _, t := range d.All() {
		d.byName[t.Name] = t
		t.columns = make(map[string]*Column, len(t.Columns))
		for i := range t.Columns {
			t.columns[t.Columns[i].Name] = &t.Columns[i]
		}
		for _, k := range t.ForeignKeys {
			d.referrers[k.Table] = append(d.referrers[k.Table], Referrer{Table: t.Name, Key: k})
		}
	}
	for _, t := range d.All() {
		t.relationships = make(map[string]*Relationship, len(t.Relationships))
		for i := range t.Relationships {
			t.relationships[t.Relationships[i].Name] = &t.Relationships[i]
		}
	}
	return d
}
