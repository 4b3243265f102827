package framework

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// dnsLabel matches the names of Services and namespaces.
var dnsLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// DNSLabel accepts names of Kubernetes Services and namespaces.
func DNSLabel() validator.String {
	return Matching(dnsLabel, "Not a Kubernetes name", "at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends, such as \"prefect-apollo\"")
}

// ServicePort accepts the number or name of a Service's port.
func ServicePort() validator.String { return servicePort{} }

type servicePort struct{}

func (servicePort) Description(context.Context) string {
	return "number between 1 and 65535, or name of a port"
}

func (v servicePort) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (servicePort) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	port := req.ConfigValue.ValueString()
	number, err := strconv.Atoi(port)
	if (err == nil && number >= 1 && number <= 65535) || (err != nil && dnsLabel.MatchString(port)) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not a port", fmt.Sprintf("%q is neither a number between 1 and 65535 nor the name of a port.", port))
}
