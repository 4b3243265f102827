package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// text returns a string of the input, "" when it is absent, null or something else.
func text(input map[string]any, key string) string {
	value, _ := input[key].(string)
	return value
}

// nullable returns the input's value, nil when absent: where the API treats both alike.
func nullable(input map[string]any, key string) any { return input[key] }

// object returns a JSON object, nil when it is something else.
func object(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

// list returns a JSON array, nil when it is something else. Lists of coerced input may be
// typed; both forms are accepted.
func list(value any) []any {
	switch typed := value.(type) {
	case []any:
		return typed
	case []string:
		all := make([]any, len(typed))
		for i, item := range typed {
			all[i] = item
		}
		return all
	case []map[string]any:
		all := make([]any, len(typed))
		for i, item := range typed {
			all[i] = item
		}
		return all
	}
	return nil
}

// stringsOf returns the strings of a JSON array, in order.
func stringsOf(value any) []string {
	items := list(value)
	found := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			found = append(found, s)
		}
	}
	return found
}

// jsonStrings returns a JSON array of the strings.
func jsonStrings(values []string) []any {
	all := make([]any, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}

// sortedLabels returns the labels of a JSON array in order; duplicates stay.
func sortedLabels(value any) []any {
	labels := stringsOf(value)
	slices.Sort(labels)
	return jsonStrings(labels)
}

// with returns a copy of a JSON object with one key set; stored rows must not be changed.
func with(from map[string]any, key string, value any) map[string]any {
	copied := maps.Clone(from)
	if copied == nil {
		copied = map[string]any{}
	}
	copied[key] = value
	return copied
}

// truthy is Python's bool() of a JSON value.
func truthy(value any) bool {
	switch typed := value.(type) {
	case nil:
		return false
	case bool:
		return typed
	case string:
		return typed != ""
	case json.Number:
		number, err := typed.Float64()
		return err != nil || number != 0
	case int64:
		return typed != 0
	case float64:
		return typed != 0
	case []any:
		return len(typed) > 0
	case map[string]any:
		return len(typed) > 0
	}
	return true
}

// integer reads a JSON or coerced integer.
func integer(value any) (int64, bool) {
	switch typed := value.(type) {
	case int64:
		return typed, true
	case int:
		return int64(typed), true
	case json.Number:
		number, err := typed.Int64()
		return number, err == nil
	case float64:
		return int64(typed), typed == float64(int64(typed))
	}
	return 0, false
}

func number(value int64) json.Number { return json.Number(strconv.FormatInt(value, 10)) }

// rowText reads a text column, "" for NULL.
func rowText(row store.Row, column string) string {
	value, _ := row[column].(string)
	return value
}

// rowTime reads a timestamp column; false for NULL.
func rowTime(row store.Row, column string) (time.Time, bool) {
	value, ok := row[column].(time.Time)
	return value, ok
}

// rowInt reads an integer column, 0 for NULL.
func rowInt(row store.Row, column string) int64 {
	value, _ := integer(row[column])
	return value
}

// rowBool reads a boolean column, false for NULL.
func rowBool(row store.Row, column string) bool {
	value, _ := row[column].(bool)
	return value
}

// visible turns a constraint's refusal into the error the client sees.
func visible(table string, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case errors.Is(err, store.ErrUnique):
		return fail("Uniqueness violation.")
	case errors.Is(err, store.ErrForeignKey):
		return fail("Foreign key violation.")
	case errors.Is(err, store.ErrNotNull):
		return notNull(table, err)
	case errors.Is(err, store.ErrData):
		return fail("[{'extensions': {'path': '$', 'code': 'data-exception'}, 'message': " + reprString(err.Error()) + "}]")
	}
	return fmt.Errorf("table %s: %w", table, err)
}

// notNull words a NOT NULL violation as the service passes on the query engine's answer.
func notNull(table string, err error) error {
	column := ""
	var constraint *store.ConstraintError
	if errors.As(err, &constraint) {
		column = constraint.Column
	}
	return fail(fmt.Sprintf("[{'extensions': {'path': '$.selectionSet.insert_%[1]s.args.objects', "+
		"'code': 'constraint-violation'}, 'message': 'Not-NULL violation. null value in column \"%[2]s\" "+
		"of relation \"%[1]s\" violates not-null constraint'}]", table, column))
}

// objectColumns are those whose values the service's models take for objects.
func objectColumns() []string {
	return []string{
		"config", "content", "context", "data", "default_parameters", "environment", "info", "parameters", "run_config",
		"schedule", "serialized_flow", "settings", "storage",
	}
}

// modelled converts values as the service's model of a table does before it writes them.
func modelled(table string, row store.Row) (store.Row, error) {
	r := record{problems: &problems{model: modelName(table)}, raw: row}
	for _, column := range objectColumns() {
		value := row[column]
		if _, already := value.(map[string]any); already || value == nil || table == "flow" && column == "parameters" {
			continue
		}
		r.raw = with(r.raw, column, r.dict(column))
	}
	return r.raw, r.err()
}

// modelName is what the service calls its model of a table.
func modelName(table string) string {
	var name strings.Builder
	for word := range strings.SplitSeq(table, "_") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}

// storedText is a text as a model takes it, or null.
func storedText(model, column string, value any) (any, error) {
	r := record{problems: &problems{model: model}, raw: map[string]any{column: value}}
	return r.text(column), r.err()
}

func insert(tx *store.Tx, table string, row store.Row) (store.Row, error) {
	row, err := modelled(table, row)
	if err != nil {
		return nil, err
	}
	stored, err := tx.Insert(table, row)
	return stored, visible(table, err)
}

func update(tx *store.Tx, table, id string, set store.Row) (bool, error) {
	set, err := modelled(table, set)
	if err != nil {
		return false, err
	}
	found, err := tx.Update(table, id, set)
	return found, visible(table, err)
}

func remove(tx *store.Tx, table, id string) (bool, error) {
	found, err := tx.Delete(table, id)
	return found, visible(table, err)
}

func success(done bool, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]any{"success": done, "error": nil}, nil
}

func idPayload(id string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": id}, nil
}

func created(row store.Row) time.Time {
	at, _ := rowTime(row, "created")
	return at
}
