package graphql

import _ "embed"

// Schema is the part of the Server's API that the operations use, in GraphQL's own language.
//
//go:embed schema.graphql
var Schema string
