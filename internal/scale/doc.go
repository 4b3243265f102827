// Package scale measures what many objects cost, against what Terraform itself
// and Prefect's own command line need for the same, in the same run.
// `make bench-scale` runs it and prints a table.
package scale
