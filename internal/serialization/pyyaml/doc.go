// Package pyyaml reads YAML as Python's yaml.safe_load does, which is how the Prefect 1 client and its agent read job
// templates: a template that is read otherwise has another key than the client's, and each would register its own version
// over the other's.
//
// The syntax is that of the library; the values follow PyYAML's rules for YAML 1.1. `1e9`, `-.5`, `08` and `y` are strings,
// `no` is false, `012` is ten, and `12:30` is 750. Some of what PyYAML accepts is refused here, never read in another way:
// values without a form in JSON (dates, binary data, sets), keys that are no strings, a key that a mapping has twice, `[a:]`,
// and outside of JSON the escapes `\/` and `\ud83d`.
package pyyaml
