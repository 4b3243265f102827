// Package pyyaml reads YAML as Python's yaml.safe_load does, because the Prefect 1 client and its agent read
// job templates with it. A template read differently would have another key than the client's, and each would
// register its own version over the other's.
//
// The library provides the syntax; the values follow PyYAML's rules for YAML 1.1. `1e9`, `-.5`, `08` and `y`
// are strings, `no` is false, `012` is ten, and `12:30` is 750. Some of what PyYAML accepts is rejected here,
// but never read differently: values without a JSON form (dates, binary data, sets), keys that are not
// strings, duplicate keys, `[a:]`, and, outside of JSON, the escapes `\/` and `\ud83d`.
package pyyaml
