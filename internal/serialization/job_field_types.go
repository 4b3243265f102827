package serialization

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// checkTypes reports every value whose type differs from Kubernetes' own, with its place, so that an author
// sees all of them at once. It ignores unknown fields.
func checkTypes(p *problems, path string, value any, want reflect.Type) {
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	if value == nil {
		return // null is the zero value
	}
	if need, ok := typeNeed(value, want); !ok {
		p.add(path, mismatch(value)+"; "+need, "Write it as in a Job manifest")
		return
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			checkTypes(p, fmt.Sprintf("%s[%d]%s", path, i, itemName(item)), item, want.Elem())
		}
	case map[string]any:
		for _, name := range sorted(keysOf(v)) {
			if member := memberType(want, name); member != nil {
				checkTypes(p, path+"."+name, v[name], member)
			}
		}
	}
}

// itemName returns the name of a list item, such as an environment variable, in parentheses.
func itemName(item any) string {
	object, _ := item.(map[string]any)
	if name := text(object["name"]); name != "" {
		return " (" + name + ")"
	}
	return ""
}

// memberType is the type of a field of a struct, or of the values of a map; nil if there is none.
func memberType(t reflect.Type, name string) reflect.Type {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem()
	case reflect.Struct:
		for field := range t.Fields() {
			tag, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if tag == name {
				return field.Type
			}
			if tag == "" && (field.Anonymous || strings.Contains(options, "inline")) {
				if inner := memberType(field.Type, name); inner != nil {
					return inner
				}
			}
		}
	}
	return nil
}

var (
	quantityType    = reflect.TypeFor[resource.Quantity]()
	intOrStringType = reflect.TypeFor[intstr.IntOrString]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

// typeNeed reports whether a value has a type, and what it must be otherwise.
func typeNeed(value any, want reflect.Type) (string, bool) {
	_, isText := value.(string)
	number, isNumber := value.(json.Number)
	switch {
	case want == quantityType:
		return `write a quantity such as "500m" or "1Gi"`, isText || isNumber
	case want == intOrStringType:
		return "it must be a whole number or a string", isText || isNumber
	case reflect.PointerTo(want).Implements(unmarshalerType):
		return "", true // has its own decoder
	}
	switch want.Kind() {
	case reflect.String:
		return "write " + quoted(value), isText
	case reflect.Bool:
		_, ok := value.(bool)
		return "it must be true or false", ok
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return "it must be a whole number such as 1", isNumber && !strings.ContainsAny(string(number), ".eE")
	case reflect.Slice:
		if want.Elem().Kind() == reflect.Uint8 {
			return "it must be a string of base64", isText
		}
		_, ok := value.([]any)
		return "it must be a list", ok
	case reflect.Map:
		_, ok := value.(map[string]any)
		return "it must be a map such as { name = \"value\" }", ok
	case reflect.Struct:
		_, ok := value.(map[string]any)
		return "it must be an object", ok
	}
	return "", true
}

// quoted returns a number or boolean as the string that was probably meant.
func quoted(value any) string {
	switch value.(type) {
	case json.Number, float64, bool:
		return `"` + describe(value) + `"`
	}
	return "a string"
}

// mismatch describes a value.
func mismatch(value any) string {
	switch value.(type) {
	case string:
		return "the value is the string " + describe(value)
	case json.Number, float64:
		return "the value is the number " + describe(value)
	case bool:
		return "the value is the boolean " + describe(value)
	}
	return "the value is " + kindOf(value)
}
