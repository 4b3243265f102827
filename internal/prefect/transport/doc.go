// Package transport sends GraphQL operations to Prefect Server 1.x over HTTP: connection settings, attempts and retries,
// typed failures, and messages without secrets. It knows nothing of what the operations mean; package prefect does.
//
// A failed operation is repeated only where a second execution does no harm. Where it might, [Error.Ambiguous] tells the
// caller to look before it tries again.
package transport
