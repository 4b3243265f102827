// The custom resource definitions of the Gateway API, which the modules' tests install in the embedded control plane. No
// package is imported, only files are read: `go mod tidy` would drop the requirement.
module github.com/prefect-server/terraform-provider-prefect/internal/tools/gateway-api

go 1.26

require sigs.k8s.io/gateway-api v1.4.1
