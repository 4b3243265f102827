// Package terraform stands for a package of Terraform that only its tests
// import, so that `go mod tidy` finds one.
package terraform
