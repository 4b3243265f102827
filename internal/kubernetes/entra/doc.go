// Package entra signs in to Microsoft Entra ID for a cluster of Azure Kubernetes Service.
package entra
