// Package interop tests this project against the real Prefect 1.4.1: its
// command line, its Kubernetes agent and its flow runner, as they are installed
// from PyPI, talk to the embedded Server and to the real control plane, and take
// turns with the provider.
//
// `make interop` installs Prefect, starts a control plane whose node runs the
// flow containers' `prefect execute flow-run` with that Prefect, and runs the
// tests. Without PREFECT_INTEROP, which names the directory of what was built
// and installed, they are skipped.
package interop
