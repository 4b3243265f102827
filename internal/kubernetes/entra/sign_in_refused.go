package entra

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// refused explains why there is no token, without secrets.
func (l *login) refused(err error) *Error {
	out := &Error{Kind: ErrNoToken, Err: err}
	out.Problem = "Microsoft Entra ID issued no token (" + string(l.way) + "): " + reason(err)
	switch l.way {
	case bySecret:
		out.Remedy = "Check tenant_id, client_id and client_secret; secrets expire"
	case byCertificate:
		out.Remedy = "Check tenant_id and client_id, and that the application has this certificate"
	case byOIDC, byWorkload:
		out.Remedy = "Check tenant_id and client_id, and that the application has a federated credential for the token's issuer and subject, with the audience " + exchangeAudience
	case byMSI:
		out.Remedy = "Check that this machine has a managed identity, and client_id if it has several"
	default:
		out.Remedy = "Run az login, or choose another way to sign in"
	}
	return out
}

// reason returns Entra ID's description without its trace ids, or else the error's first line.
func reason(err error) string {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		var answer struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		body, readErr := runtime.Payload(failed.RawResponse)
		if readErr == nil && json.Unmarshal(body, &answer) == nil && (answer.Description != "" || answer.Error != "") {
			description, _, _ := strings.Cut(firstLine(cmp.Or(answer.Description, answer.Error)), " Trace ID:")
			return strings.TrimRight(description, ". ")
		}
		return fmt.Sprintf("HTTP status %d", failed.RawResponse.StatusCode)
	}
	return strings.TrimRight(firstLine(err.Error()), ". ")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}
