// Package graphql holds the GraphQL operations of package prefect: the part of the Server's schema that they use,
// one file of operations per entity, and the code that genqlient generates from them. Only package prefect imports it.
package graphql

//go:generate go tool -modfile=../../tools/genqlient/go.mod genqlient genqlient.yaml
