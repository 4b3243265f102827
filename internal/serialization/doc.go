// Package serialization reads and writes what the Prefect 1 client exchanges with a Server: serialised flows,
// `prefect build` documents, run configurations, and the idempotency key of a flow.
//
// The key is the SHA-256 of the text that Python's json.dumps(flow, sort_keys=True) would produce. The
// package therefore has its own JSON decoder and encoder: encoding/json would lose large integers, the
// difference between 1 and 1.0, lone surrogates and NaN, and escapes other characters than Python does.
package serialization
