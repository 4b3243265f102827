// Package adopt writes a Terraform configuration for the objects on a Prefect Server: one file for each
// flow's build document, HCL with real names and references, and import blocks. Applying it imports
// everything and changes nothing.
//
// It needs no Terraform and therefore works for every version of it, and for OpenTofu. The provider itself
// generates the configuration of each object: the package makes it import the object and generate the
// configuration over the plugin protocol, as Terraform does from 1.14 on. The package adds names, references
// and files.
package adopt
