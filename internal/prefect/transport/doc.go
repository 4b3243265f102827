// Package transport sends GraphQL operations to Prefect Server 1.x over HTTP: connection settings, attempts
// and retries, typed failures, and messages without secrets. It does not know what the operations mean;
// package prefect does.
//
// A failed operation is retried only if executing it twice does no harm. Otherwise [Error.Ambiguous] tells
// the caller to check before trying again.
//
// hashicorp/go-retryablehttp was considered and not used: it retries by HTTP status, and cannot know whether executing an
// operation twice does harm.
package transport
