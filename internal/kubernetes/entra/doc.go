// Package entra signs in to Microsoft Entra ID for a cluster of Azure Kubernetes Service.
//
// client-go's transport.ResettableTokenSource was considered and not used: an oauth2 token source takes no context, so
// neither Ctrl-C nor a deadline would end a sign-in, and its transport adds the token to a request for any host, also after
// a redirect.
package entra
