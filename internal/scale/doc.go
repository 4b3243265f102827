// Package scale measures what many objects cost, against what Terraform itself
// and Prefect's own command line need for the same, in the same run.
// `make bench-scale` runs it and prints a table. A test beside it holds what many
// waits keep in memory and on the network.
package scale
