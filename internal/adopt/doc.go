// Package adopt writes a Terraform configuration for what a Prefect Server
// holds: one file for each flow's build document, HCL with real names and
// references, and import blocks. Applying it imports everything and changes
// nothing.
//
// It needs no Terraform and therefore serves every version of it, and OpenTofu.
// What an object's configuration is, the provider itself says: the package asks
// it over the plugin protocol to import the object and to generate the
// configuration, as Terraform does from 1.14 on. It adds names, references and
// files.
package adopt
