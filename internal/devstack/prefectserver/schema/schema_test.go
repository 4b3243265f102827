package schema_test

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

func TestGeneratedSchemaLoads(t *testing.T) {
	t.Parallel()
	s, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]map[string]string{
		"Query": {
			"project": "[project!]!", "project_by_pk": "project", "project_aggregate": "project_aggregate!", "hello": "String",
		},
		"Mutation":          {"create_flow_run": "flow_run_id_payload", "get_runs_in_queue": "runs_in_queue_payload"},
		"flow":              {"flow_group": "flow_group", "tasks": "[task!]!", "tasks_aggregate": "task_aggregate!", "version": "Int"},
		"flow_bool_exp":     {"_and": "[flow_bool_exp!]", "project": "project_bool_exp", "storage": "jsonb_comparison_exp"},
		"task":              {"retry_delay": "interval", "tags": "jsonb!"},
		"create_flow_input": {"serialized_flow": "JSON!", "project_id": "UUID!"},
	}
	for typ, want := range fields {
		for name, wantType := range want {
			f := s.Types[typ].Fields.ForName(name)
			if f == nil || f.Type.String() != wantType {
				t.Errorf("%s.%s is %v, want %s", typ, name, f, wantType)
			}
		}
	}
}

// TestDescriptionIsConsistent checks what the Go compiler cannot.
func TestDescriptionIsConsistent(t *testing.T) {
	t.Parallel()
	d := schema.NewDatabase()
	for _, table := range d.Tables {
		for _, k := range table.ForeignKeys {
			if table.Column(k.Column) == nil || d.Table(k.Table) == nil {
				t.Errorf("%s: foreign key %s", table.Name, k.Name)
			}
		}
		for _, u := range table.Uniques {
			for _, c := range u.Columns {
				if table.Column(c) == nil {
					t.Errorf("%s: unique %s has no column %s", table.Name, u.Name, c)
				}
			}
		}
		for _, r := range table.Relationships {
			remote := d.Table(r.Table)
			if remote == nil || remote.Column(r.Remote) == nil || table.Column(r.Column) == nil {
				t.Errorf("%s: relationship %s", table.Name, r.Name)
			}
		}
	}
}
