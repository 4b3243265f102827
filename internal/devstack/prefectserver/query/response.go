// Package query executes GraphQL over the store as Prefect Server's gateway and
// its table query engine do: validation and its messages, where, order_by,
// aggregates, relationships, introspection, and the operations of package api
// through resolvers.
package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Location is a place in the query document, both counted from one.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Error is one of the errors of a response.
type Error struct {
	Message    string         `json:"message"`
	Locations  []Location     `json:"locations,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

// The codes that the gateway gives to errors of its own.
const (
	CodeParse      = "GRAPHQL_PARSE_FAILED"
	CodeValidation = "GRAPHQL_VALIDATION_FAILED"
	CodeInternal   = "INTERNAL_SERVER_ERROR"
)

// Response is what a request is answered with.
type Response struct {
	// Data is the answer: an *Object, or nil for null.
	Data any
	// Executed reports whether execution began. Without it there is no data at all,
	// not even null, and the gateway answers 400.
	Executed bool
	Errors   []Error
}

// MarshalJSON writes the response with its fields in the order of the query.
func (r Response) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(r.Errors) > 0 {
		raw, err := json.Marshal(r.Errors)
		if err != nil {
			return nil, fmt.Errorf("errors of the response: %w", err)
		}
		b.WriteString(`"errors":`)
		b.Write(raw)
	}
	if r.Executed {
		if len(r.Errors) > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"data":`)
		if err := write(&b, r.Data); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Object is a JSON object whose keys keep the order of the selection. The keys
// are shared between the objects of a list.
type Object struct {
	Keys   []string
	Values []any
}

// write encodes a value of a response.
func write(b *bytes.Buffer, v any) error {
	switch x := v.(type) {
	case nil:
		b.WriteString("null")
	case *Object:
		return writeObject(b, x)
	case []any:
		b.WriteByte('[')
		for i, e := range x {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := write(b, e); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case bool:
		b.WriteString(strconv.FormatBool(x))
	case int64:
		b.WriteString(strconv.FormatInt(x, 10))
	case json.Number:
		b.WriteString(number(x))
	case map[string]any:
		return writeDocument(b, x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			b.WriteString("null")
			return nil
		}
		return writeOther(b, x)
	case time.Time:
		b.WriteString(`"` + FormatTime(x) + `"`)
	default:
		return writeOther(b, x)
	}
	return nil
}

func writeObject(b *bytes.Buffer, o *Object) error {
	if o == nil {
		b.WriteString("null")
		return nil
	}
	b.WriteByte('{')
	for i, key := range o.Keys {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(key)) // names of GraphQL are ASCII
		b.WriteByte(':')
		if err := write(b, o.Values[i]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// writeOther leaves strings and jsonb to encoding/json, which must not escape
// HTML: clients hash what they read back.
func writeOther(b *bytes.Buffer, v any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("value of the response: %w", err)
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
	return nil
}

// FormatTime writes a moment as PostgreSQL does in JSON: ISO 8601 with the zone
// as hours and minutes, and no trailing zeros in the fraction.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999-07:00") }
