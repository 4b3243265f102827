// Package moduletest tests the Terraform modules under modules/: each module's
// own tests with mocked providers; then the modules applied with the real
// azurerm and helm providers to a simulated Azure Resource Manager and a real
// Kubernetes API server; in the end examples/azure-complete in one apply, from
// the cluster to a finished flow run.
//
// `make test-modules` builds the providers and runs the tests. Without
// PREFECT_MODULE_TESTS, which names the directory of the built programs, they
// are skipped.
package moduletest
