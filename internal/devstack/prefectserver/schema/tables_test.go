package schema_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// describe writes the description in the form of the recording.
func describe(d *schema.Database) []string {
	var out []string
	add := func(parts ...string) { out = append(out, strings.Join(parts, "\t")) }
	for _, t := range d.Tables {
		if !t.NoPrimaryKey {
			add("constraint", t.Name, t.Name+"_pkey", "PRIMARY KEY (id)")
		}
		for _, c := range t.Columns {
			null := "null"
			if c.NotNull {
				null = "not null"
			}
			add("column", t.Name, c.Name, typeOf(c), null, defaultOf(c))
		}
		for _, u := range t.Uniques {
			add("constraint", t.Name, u.Name, "UNIQUE ("+strings.Join(u.Columns, ", ")+")")
			add("unique index", t.Name, u.Name, "USING btree ("+strings.Join(u.Columns, ", ")+")")
		}
		add("trigger", t.Name, "update_timestamp", "BEFORE UPDATE ON public."+t.Name+" FOR EACH ROW")
		for _, trigger := range t.AfterInsert {
			add("trigger", t.Name, triggerName(trigger), "AFTER INSERT ON public."+t.Name+" FOR EACH ROW")
		}
		for _, k := range t.ForeignKeys {
			action := map[schema.Action]string{schema.Cascade: "CASCADE", schema.SetNull: "SET NULL"}[k.OnDelete]
			add("constraint", t.Name, k.Name, fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s(id) ON DELETE %s", k.Column, k.Table, action))
		}
		for _, r := range t.Relationships {
			if r.Array {
				add("relationship", t.Name, r.Name, "array", fmt.Sprintf("{'column': '%s', 'table': {'name': '%s', 'schema': 'public'}}", r.Remote, r.Table))
			} else {
				add("relationship", t.Name, r.Name, "object", r.Column)
			}
		}
	}
	for _, r := range d.Table("utility_traversal").Relationships {
		add("relationship", "traversal", r.Name, "object",
			fmt.Sprintf("{'column_mapping': {'%s': '%s'}, 'remote_table': {'name': '%s', 'schema': 'public'}}", r.Column, r.Remote, r.Table))
	}
	slices.Sort(out)
	return out
}

func triggerName(trigger schema.Trigger) string {
	return map[schema.Trigger]string{
		schema.CreateTaskRuns:     "insert_task_runs_after_flow_run_insert",
		schema.RecordFlowRunState: "update_flow_run_details_on_state_insert",
		schema.RecordTaskRunState: "update_task_run_details_on_state_insert",
	}[trigger]
}

func typeOf(c schema.Column) string {
	typ := map[schema.Type]string{
		schema.UUID: "uuid", schema.Text: "character varying", schema.Integer: "integer", schema.Boolean: "boolean",
		schema.Timestamp: "timestamp with time zone", schema.JSON: "jsonb", schema.Interval: "interval",
	}[c.Type]
	if c.MaxLength > 0 {
		typ += fmt.Sprintf("(%d)", c.MaxLength)
	}
	return typ
}

func defaultOf(c schema.Column) string {
	switch c.Default {
	case schema.RandomUUID:
		return "gen_random_uuid()"
	case schema.Now:
		return "now()"
	case schema.ClockTimestamp:
		return "clock_timestamp()"
	case schema.NoDefault:
		return ""
	}
	switch v := c.Value.(type) {
	case map[string]any:
		return "'{}'::jsonb"
	case []any:
		return "'[]'::jsonb"
	default:
		return fmt.Sprint(v)
	}
}

// TestDescriptionEqualsTheRealDatabase compares with what was read from the
// catalogue of a migrated database.
func TestDescriptionEqualsTheRealDatabase(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/tables.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line = strings.ReplaceAll(line, "public.gen_random_uuid", "gen_random_uuid")
		want = append(want, strings.ReplaceAll(line, "'-1'::integer", "-1"))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, describe(schema.NewDatabase())); diff != "" {
		t.Error(diff)
	}
}
