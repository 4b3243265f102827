package query

import "github.com/vektah/gqlparser/v2/ast"

// selected is a field of the response: its key and the selections that ask for it.
type selected struct {
	key    string
	fields []*ast.Field
}

func (s selected) name() string { return s.fields[0].Name }

// onType is the name of the type that the field is selected on.
func (s selected) onType() string {
	if d := s.fields[0].ObjectDefinition; d != nil {
		return d.Name
	}
	return ""
}

// children are the selections below the field.
func (s selected) children() []ast.SelectionSet {
	sets := make([]ast.SelectionSet, len(s.fields))
	for i, f := range s.fields {
		sets[i] = f.SelectionSet
	}
	return sets
}

// collect merges selections by response key, in the order of their appearance,
// following fragments and honouring @skip and @include. There are no interfaces
// or unions, so every fragment applies.
func collect(sets []ast.SelectionSet, variables map[string]any) []selected {
	var out []selected
	index := map[string]int{}
	var visit func(ast.SelectionSet)
	visit = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if !included(s.Directives, variables) {
					continue
				}
				key := s.Alias
				if key == "" {
					key = s.Name
				}
				if i, ok := index[key]; ok {
					out[i].fields = append(out[i].fields, s)
					continue
				}
				index[key] = len(out)
				out = append(out, selected{key: key, fields: []*ast.Field{s}})
			case *ast.InlineFragment:
				if included(s.Directives, variables) {
					visit(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if included(s.Directives, variables) && s.Definition != nil {
					visit(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		visit(set)
	}
	return out
}

func included(directives ast.DirectiveList, variables map[string]any) bool {
	for _, d := range directives {
		a := d.Arguments.ForName("if")
		if a == nil {
			continue
		}
		condition, _ := plain(a.Value, variables).(bool)
		if (d.Name == "skip" && condition) || (d.Name == "include" && !condition) {
			return false
		}
	}
	return true
}
