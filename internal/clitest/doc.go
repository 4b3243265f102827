// Package clitest drives the newest command lines, built from their modules,
// with the provider as a program of its own: what the provider promises for
// Terraform 1.12 to 1.16 and for OpenTofu is used as a user uses it.
//
// `make test-clis` builds the programs and sets PREFECT_CLI_TESTS to their
// directory; without it the tests are skipped.
package clitest
