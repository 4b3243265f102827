package schema

// Function is a root field that returns computed rows.
type Function struct {
	Name string
	// Arguments are the fields of its argument args.
	Arguments []Field
	// Table describes the rows.
	Table *Table
}

// roots are the root fields with their types.
func (f Function) roots() []Field {
	return []Field{{f.Name, "[" + f.Table.Name + "!]!"}, {f.Name + "_aggregate", f.Table.Name + "_aggregate!"}}
}

// Traversals are the functions that walk the graph of a flow's tasks, with or against the
// direction of the edges.
const (
	DownstreamTasks = "utility_downstream_tasks"
	UpstreamTasks   = "utility_upstream_tasks"
)

// traversalTable describes what the traversals return. The table itself is always empty.
func traversalTable() *Table {
	return &Table{
		Name:          "utility_traversal",
		NoPrimaryKey:  true,
		Columns:       []Column{uuid("tenant_id"), uuid("task_id"), integer("depth")},
		Relationships: []Relationship{one("task", "task", "task_id")},
	}
}

func functions(traversal *Table) []Function {
	arguments := fields([]string{"depth_limit: Int", "start_task_ids: _uuid"})
	return []Function{
		{Name: DownstreamTasks, Arguments: arguments, Table: traversal},
		{Name: UpstreamTasks, Arguments: arguments, Table: traversal},
	}
}
