package query

import (
	"context"
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// Resolver answers a root field that is not a table query: a mutation, given its
// input, or a query, given its arguments. What was left out is not in the map.
type Resolver func(ctx context.Context, input map[string]any) (any, error)

// ClientError is an error that the client is meant to see.
type ClientError struct {
	Message string
	Code    string // extensions.code, INTERNAL_SERVER_ERROR if empty
}

func (f *ClientError) Error() string { return f.Message }

// Engine executes requests. It is safe for concurrent use.
type Engine struct {
	store     *store.Store
	database  *schema.Database
	schema    *ast.Schema
	tables    map[string]*schema.Table // by root field
	functions map[string]*schema.Function
	resolvers map[string]Resolver
}

// New returns an engine over a store. The resolvers answer the root fields that
// are not table queries, by name.
func New(s *store.Store, resolvers map[string]Resolver) (*Engine, error) {
	parsed, err := schema.Load()
	if err != nil {
		return nil, fmt.Errorf("loading the schema: %w", err)
	}
	e := &Engine{
		store: s, database: s.Database(), schema: parsed, resolvers: resolvers, tables: map[string]*schema.Table{},
		functions: map[string]*schema.Function{},
	}
	for i, f := range e.database.Functions {
		for _, suffix := range []string{"", "_aggregate"} {
			e.functions[f.Name+suffix] = &e.database.Functions[i]
		}
	}
	for _, t := range e.database.All() {
		for _, suffix := range []string{"", "_by_pk", "_aggregate"} {
			e.tables[t.Name+suffix] = t
		}
	}
	return e, nil
}

// Execute runs an operation of a parsed document. Name may be empty if there is
// only one. Numbers in variables must be json.Number.
func (e *Engine) Execute(ctx context.Context, d *Document, name string, variables map[string]any) Response {
	op, problem := d.operation(name)
	if op == nil {
		return Response{Errors: []Error{{Message: problem, Extensions: map[string]any{"code": CodeInternal}}}}
	}
	coerced, errs := e.coerceVariables(op, variables)
	if len(errs) > 0 {
		return Response{Errors: errs}
	}
	root := e.schema.Query
	if op.Operation == ast.Mutation {
		root = e.schema.Mutation
	}
	response := Response{Executed: true}
	data := &Object{}
	for _, f := range collect([]ast.SelectionSet{op.SelectionSet}, coerced) {
		value, err := e.resolve(ctx, root, f, coerced)
		if err != nil {
			response.Errors = append(response.Errors, located(err, f))
			if f.fields[0].Definition.Type.NonNull {
				data = nil
			}
		}
		if data == nil {
			if op.Operation == ast.Mutation {
				continue // mutations run one after the other whatever becomes of the data
			}
			break
		}
		data.Keys = append(data.Keys, f.key)
		data.Values = append(data.Values, value)
	}
	if data != nil {
		response.Data = data
	}
	return response
}

// resolve answers one root field.
func (e *Engine) resolve(ctx context.Context, root *ast.Definition, f selected, variables map[string]any) (any, error) {
	switch f.name() {
	case "__typename":
		return root.Name, nil
	case "__schema", "__type":
		return e.introspect(f, variables), nil
	}
	if t := e.tables[f.name()]; t != nil && root == e.schema.Query {
		return e.resolveTable(t, f, variables)
	}
	if function := e.functions[f.name()]; function != nil {
		return e.resolveFunction(function, f, variables)
	}
	resolver := e.resolvers[f.name()]
	if resolver == nil {
		return nil, &ClientError{Message: "Unable to complete operation. An internal API error occurred.", Code: "API_ERROR"}
	}
	input, err := e.serviceInput(f.fields[0], variables)
	if err != nil {
		return nil, err
	}
	if root == e.schema.Mutation {
		input, _ = input["input"].(map[string]any)
	}
	payload, err := resolver(ctx, input)
	if err != nil {
		return nil, err
	}
	return e.project(f.fields[0].Definition.Type, payload, f.children(), variables), nil
}

// located turns an error into one of the response's.
func located(err error, f selected) Error {
	out := Error{
		Message: err.Error(), Path: []any{f.key}, Locations: at(f.fields[0].Position),
		Extensions: map[string]any{"code": CodeInternal},
	}
	var failure *ClientError
	var data *store.DataError
	switch {
	case errors.As(err, &failure):
		out.Message = failure.Message
		if failure.Code != "" {
			out.Extensions["code"] = failure.Code
		}
	case errors.As(err, &data):
		out.Message = data.Message
		out.Extensions = map[string]any{"code": "data-exception", "path": "$"}
	}
	out.Extensions["exception"] = map[string]any{"message": out.Message}
	return out
}

// project selects from an operation's payload what was asked for.
func (e *Engine) project(t *ast.Type, value any, sets []ast.SelectionSet, variables map[string]any) any {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		var out []any
		switch items := value.(type) {
		case []any:
			out = make([]any, len(items))
			for i, item := range items {
				out[i] = e.project(t.Elem, item, sets, variables)
			}
		case []map[string]any:
			out = make([]any, len(items))
			for i, item := range items {
				out[i] = e.project(t.Elem, item, sets, variables)
			}
		case []string:
			out = make([]any, len(items))
			for i, item := range items {
				out[i] = item
			}
		}
		return out
	}
	if e.schema.Types[t.NamedType].Kind != ast.Object {
		return value
	}
	fields, _ := value.(map[string]any)
	object := &Object{}
	for _, f := range collect(sets, variables) {
		object.Keys = append(object.Keys, f.key)
		if f.name() == "__typename" {
			object.Values = append(object.Values, t.NamedType)
			continue
		}
		object.Values = append(object.Values, e.project(f.fields[0].Definition.Type, fields[f.name()], f.children(), variables))
	}
	return object
}
