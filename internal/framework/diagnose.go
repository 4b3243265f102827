package framework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Failure describes a failed operation, so that its diagnostic can say what happened, to which object, and
// what to do.
type Failure struct {
	// Summary says what failed and names the object, such as
	// `Could not create project "etl"`.
	Summary string
	// Attribute is the argument at fault, if an argument can cause this kind of error. Connection and tenant
	// selection errors are never reported at an attribute of a resource.
	Attribute path.Path
	// Remedies replaces the default advice for a kind of error (an Err value of package prefect) where the
	// operation has better advice.
	Remedies map[error]string
}

// Diagnose turns an error into diagnostics with the given summary; the detail is the cause and the remedy for
// the error's kind. If at is given, the diagnostic is reported at its first path. A nil error gives no
// diagnostics.
func Diagnose(err error, summary string, at ...path.Path) diag.Diagnostics {
	failure := Failure{Summary: summary}
	if len(at) > 0 {
		failure.Attribute = at[0]
	}
	return failure.Diagnose(err)
}

// Diagnose turns an error into diagnostics; nil gives none.
func (f Failure) Diagnose(err error) diag.Diagnostics {
	if err == nil {
		return nil
	}
	var cluster *kubeclient.ConfigError
	if errors.As(err, &cluster) {
		return f.diagnoseCluster(cluster)
	}
	var forward *tunnel.Error
	if errors.As(err, &forward) {
		return f.diagnoseForward(forward, err)
	}
	kind := kindOf(err)
	remedy := kind.remedy
	for of, text := range f.Remedies {
		if errors.Is(err, of) {
			remedy = text
		}
	}
	parts := []string{Sentence(kind.cause(err))}
	if remedy != "" {
		parts = append(parts, remedy)
	}
	if technical := technical(err); technical != "" {
		parts = append(parts, technical)
	}
	detail := strings.Join(parts, "\n\n")
	if kind.connection || len(f.Attribute.Steps()) == 0 {
		return diag.Diagnostics{diag.NewErrorDiagnostic(f.Summary, detail)}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(f.Attribute, f.Summary, detail)}
}

// diagnoseCluster explains that the provider's kubernetes attribute is wrong.
func (f Failure) diagnoseCluster(err *kubeclient.ConfigError) diag.Diagnostics {
	where := "`kubernetes`"
	if err.Attribute != "" {
		where = "`kubernetes` (" + err.Attribute + ")"
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(f.Summary, fmt.Sprintf("The cluster in %s of the provider configuration cannot be used: %s\n\n%s",
		where, Sentence(err.Problem), Sentence(err.Remedy)))}
}

// diagnoseForward explains that the provider's port_forward does not lead to the Server.
func (f Failure) diagnoseForward(err *tunnel.Error, whole error) diag.Diagnostics {
	plain := *err
	plain.Remedy = ""
	parts := []string{"The Prefect Server could not be reached through the cluster: " + Sentence(plain.Error())}
	for _, more := range []string{Sentence(err.Remedy), technical(whole)} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(f.Summary, strings.Join(parts, "\n\n"))}
}

// kind is how a class of errors is explained to the user.
type kind struct {
	is         error
	connection bool   // concerns the provider configuration, never one attribute of a resource
	alone      bool   // prefix is enough; the error's own text adds nothing
	prefix     string // the cause; "" if the error's own text is better
	remedy     string
}

func (k kind) cause(err error) string {
	message := err.Error()
	var failure *prefect.Error
	if errors.As(err, &failure) {
		message = failure.Message
	}
	switch {
	case k.prefix == "":
		return Capitalise(strings.TrimPrefix(message, prefect.ErrInvalid.Error()+": "))
	case k.alone || message == "":
		return k.prefix
	default:
		return k.prefix + ": " + message
	}
}

func kindOf(err error) kind {
	for _, k := range kinds() {
		switch {
		case !errors.Is(err, k.is):
		case k.is == context.DeadlineExceeded && !kubeclient.DeadlinePassed(err): //nolint:errorlint // the value in the table
			return kind{connection: true} // a network timeout, which no setting can raise
		default:
			return k
		}
	}
	return kind{prefix: ""}
}

// kinds lists the classes of errors, most specific first.
func kinds() []kind {
	return []kind{
		{
			is: prefect.ErrUncertain, connection: true, alone: true,
			prefix: "The creation was interrupted or got no proper answer, and the Server could not confirm that it created the object",
			remedy: "Run the command again when the Server answers. The next refresh looks for the object. If it exists, it belongs to this resource, " +
				"which is tainted and is therefore replaced; `terraform untaint` keeps the object as it is.",
		},
		{
			is: context.Canceled, connection: true, alone: true, prefix: "The operation was interrupted",
			remedy: "Run the command again. The next refresh finds what the Server has already changed, " +
				"and the next apply continues with a flow or run that it has already created.",
		},
		{
			is: prefect.ErrNoTenant, connection: true,
			remedy: "Create one with a `prefect_tenant` resource and set `tenant_id` to its id in everything that belongs to it, " +
				"or create it with `prefect server create-tenant --name default`.",
		},
		{
			is: prefect.ErrSeveralTenants, connection: true,
			remedy: "Set `tenant` in the provider configuration to the slug or id of one of them, " +
				"or the environment variable PREFECT__CLOUD__TENANT_ID to its id.",
		},
		{
			is: prefect.ErrTenantNotFound, connection: true,
			remedy: "Correct `tenant` in the provider configuration (a slug or an id), " +
				"or PREFECT__CLOUD__TENANT_ID, if `tenant` is not set.",
		},
		{
			is: prefect.ErrNotPrefect, connection: true, prefix: "The endpoint answers, but it is not the API of a Prefect Server",
			remedy: "Set `endpoint` in the provider configuration to the API, not to the UI: " +
				"the API listens on port 4200 by default and the UI on 8080. Behind a proxy, " +
				"include the path under which the API is served. Prefect 2 and later have a different API and are not supported.",
		},
		{
			is: prefect.ErrUnauthorized, connection: true, prefix: "The request was refused as unauthorised",
			remedy: "Prefect Server itself has no authentication, so a proxy or gateway in front of it refused the request. " +
				"Set `api_key`, `basic_auth`, `headers` or a client certificate in the provider configuration.",
		},
		{
			is: prefect.ErrUnreachable, connection: true, prefix: "The Prefect Server could not be reached",
			remedy: "Check that the Server runs and that `endpoint` in the provider configuration " +
				"(or PREFECT__CLOUD__API) is right. Set `ready_timeout` to wait for a Server that is still starting.",
		},
		{
			is: prefect.ErrUnavailable, connection: true, prefix: "The Prefect Server cannot answer at the moment",
			remedy: "The provider retried without success. Check the Server's database and its graphql and hasura services, then run the command again.",
		},
		{
			is: prefect.ErrTooLarge, prefix: "The request is larger than the Server accepts",
			remedy: "Make the object smaller, or raise the body limit of the Server's apollo service.",
		},
		{
			is: prefect.ErrUniqueness, alone: true, prefix: "An object with the same key already exists",
			remedy: "Choose another name, or import the existing object.",
		},
		{
			is: prefect.ErrForeignKey, prefix: "An object that this one refers to does not exist",
			remedy: "Check the ids of the objects that it refers to. One of them may have been deleted outside Terraform.",
		},
		{
			is: prefect.ErrArchived, prefix: "The flow version is archived",
			remedy: "Use the current version of the flow, for instance by `version_group_id`.",
		},
		{
			is: prefect.ErrNotFound, prefix: "The Server has no such object",
			remedy: "It may have been deleted outside Terraform. Run `terraform plan` to see the difference.",
		},
		{is: prefect.ErrInvalid}, // the error's own text is enough
		{
			is: prefect.ErrInternal, prefix: "The Server failed while it executed the request",
			remedy: "The cause is in the log of the Server's GraphQL service. If it was temporary, run the command again.",
		},
		{
			is: kubeclient.ErrUnreachable, connection: true, prefix: "The cluster could not be reached",
			remedy: "Check that the cluster's API can be reached from here, and that `kubernetes` in the provider configuration is right.",
		},
		{
			is: context.DeadlineExceeded, connection: true, prefix: "The time allowed for the operation ran out",
			remedy: "Raise the timeout, or find out why the Server is slow.",
		},
	}
}

// technical names the operation and endpoint, for debugging.
func technical(err error) string {
	var failure *prefect.Error
	if !errors.As(err, &failure) {
		return ""
	}
	var facts []string
	if failure.Operation != "" {
		facts = append(facts, "operation "+failure.Operation)
	}
	if failure.Endpoint != "" {
		facts = append(facts, "endpoint "+redactURL(failure.Endpoint))
	}
	if failure.Status != 0 && failure.Status != 200 {
		facts = append(facts, fmt.Sprintf("HTTP status %d", failure.Status))
	}
	if failure.Code != "" {
		facts = append(facts, "code "+failure.Code)
	}
	if len(facts) == 0 {
		return ""
	}
	return "(" + strings.Join(facts, ", ") + ")"
}

// Gone reports whether an error proves that an object does not exist: it, or the tenant that owned it, has
// been deleted.
func Gone(err error) bool {
	return errors.Is(err, prefect.ErrNotFound) || errors.Is(err, prefect.ErrTenantNotFound)
}
