package conformance_test

import "github.com/prefect-server/terraform-provider-prefect/internal/acctest"

// wrongProviders are wrong provider blocks and actions.
func wrongProviders() []wrong {
	return []wrong{
		{"action prefect_flow_run", "", []row{
			{"", acctest.AtValidate, "flow_id", []string{"Invalid Attribute Combination", "No attribute specified when one (and only one) of"}},
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id", []string{"Not a UUID", `"etl" is not a UUID`, "Use the `id` of the object, such as"}},
			{`version_group_id = "etl"; wait_for = "ever"`, acctest.AtValidate, "wait_for", []string{"Invalid Attribute Value Match", `Attribute wait_for value must be one of: ["none" "submitted"`}},
			{`version_group_id = "none"`, acctest.AtApply, "version_group_id", []string{"Could not start a run of version group none", "The Server has no such object: version group none", "There is no such flow"}},
			{`version_group_id = "etl"; wait_for="none"`, acctest.AtApply, "parameters", []string{"Required parameters are missing", `Flow "etl" (version 1) needs a value for "n"`, "Add them to `parameters`, or to `default_parameters` of"}},
			{`version_group_id = "etl"; parameters = "[]"`, acctest.AtValidate, "parameters", []string{"Not a JSON object", "The value must be a JSON object, such as"}},
		}},
		{"action prefect_flow_run_cancel", "", []row{
			{`id = "first"`, acctest.AtValidate, "id", []string{"Not a UUID", `"first" is not a UUID`, "Use the `id` of the object, such as"}},
			{"id = $none", acctest.AtApply, "", []string{"Could not cancel flow run", "The Server has no such object: flow run", "Check the id, and that the provider's `endpoint`"}},
			{`id = $run; timeout = "soon"`, acctest.AtValidate, "timeout", []string{"Not a duration", `"soon" is not a duration`, "Write a number with a unit, such as"}},
		}},
		{"provider", "", []row{
			{`endpoint = "localhost:4200"`, acctest.AtValidate, "endpoint", []string{"Not a URL", `"localhost:4200" is not an absolute URL`, "Write it with scheme and host, such as"}},
			{`endpoint = ""`, acctest.AtValidate, "endpoint", []string{"Not a URL", `"" is not an absolute URL`, "Write it with scheme and host, such as"}},
			{`endpoint = "ftp://example"`, acctest.AtValidate, "endpoint", []string{"Not a URL", `"ftp://example" has the scheme "ftp"`, "Use http or https"}},
			{`tenant = " "`, acctest.AtValidate, "tenant", []string{"Blank value", "The value must hold at least one character that"}},
			{`api_key = ""`, acctest.AtValidate, "api_key", []string{"Blank value", "The value must hold at least one character that"}},
			{`api_key = "k"; basic_auth = { username = "me", password = "p" }`, acctest.AtValidate, "api_key", []string{"Invalid Attribute Combination", `Attribute "basic_auth" cannot be specified when "api_key" is specified`}},
			{`basic_auth = { username = "me" }`, acctest.AtValidate, "basic_auth.password", []string{"Missing Configuration for Required Attribute", "Must set a configuration value for the basic_auth.password attribute"}},
			{`basic_auth = { username = "", password = "p" }`, acctest.AtValidate, "basic_auth.username", []string{"Blank value", "The value must hold at least one character that"}},
			{`client_certificate = "pem"`, acctest.AtValidate, "client_certificate", []string{"Invalid Attribute Combination", `Attribute "client_key" must be specified when "client_certificate" is specified`}},
			{`client_key = "pem"`, acctest.AtValidate, "client_key", []string{"Invalid Attribute Combination", `Attribute "client_certificate" must be specified when "client_key" is specified`}},
			{`client_certificate = "pem"; client_key = "pem"`, acctest.AtPlan, "", []string{"The provider configuration is not valid", "The client certificate is not PEM text and cannot"}},
			{`ca_certificate = "pem"`, acctest.AtPlan, "", []string{"The provider configuration is not valid", "The CA certificate is not PEM text and cannot"}},
			{`request_timeout = "30"`, acctest.AtValidate, "request_timeout", []string{"Not a duration", `"30" is not a duration`, "Write a number with a unit, such as"}},
			{`ready_timeout = "-1s"`, acctest.AtValidate, "ready_timeout", []string{"Not a duration", `"-1s" is negative`, "Write a duration of zero or more"}},
			{"max_retries = -1", acctest.AtValidate, "max_retries", []string{"Invalid Attribute Value", "Attribute max_retries value must be between 0 and 100"}},
			{`proxy_url = "proxy"`, acctest.AtValidate, "proxy_url", []string{"Not a URL", `"proxy" is not an absolute URL`, "Write it with scheme and host, such as"}},
			{`kubernetes = { config_path = "a", config_paths = ["b"] }`, acctest.AtValidate, "kubernetes.config_path", []string{"Invalid Attribute Combination", `Attribute "kubernetes.config_paths" cannot be specified when "kubernetes.config_path" is specified`}},
			{`kubernetes = { exec = { command = "aws" } }`, acctest.AtValidate, "kubernetes.exec.api_version", []string{"Missing Configuration for Required Attribute", "Must set a configuration value for the kubernetes.exec.api_version attribute"}},
			{`kubernetes = { exec = { api_version = "v1", command = "aws" } }`, acctest.AtValidate, "kubernetes.exec.api_version", []string{"Invalid Attribute Value Match", `Attribute kubernetes.exec.api_version value must be one of: ["client.authentication.k8s.io/v1" "client.authentication.k8s.io/v1beta1"]`}},
			{`kubernetes = { client_key = "pem" }`, acctest.AtValidate, "kubernetes.client_key", []string{"Invalid Attribute Combination", `Attribute "kubernetes.client_certificate" must be specified when "kubernetes.client_key" is specified`}},
			{`port_forward = { service = "apollo" }`, acctest.AtValidate, "port_forward", []string{"Invalid Attribute Combination", `Attribute "kubernetes" must be specified when "port_forward" is specified`}},
			{`kubernetes = {}; port_forward = { service = "Apollo" }`, acctest.AtValidate, "port_forward.service", []string{"Invalid Attribute Value Match", "Attribute port_forward.service must be a name as Kubernetes has"}},
			{`kubernetes = {}; port_forward = { service = "apollo", port = 70000 }`, acctest.AtValidate, "port_forward.port", []string{"Not a port", `"70000" is neither a number between 1 and 65535`}},
			{`kubernetes = { host = "https://c.invalid", azure = { use_cli = false } }`, acctest.AtPlan, "kubernetes.azure", []string{"Cannot sign in to Microsoft Entra ID", "nothing says how to sign in to Microsoft Entra", "Set client_secret, client_certificate_path, use_oidc, use_workload_identity, use_msi or use_cli"}},
		}},
	}
}
