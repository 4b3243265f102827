package conformance_test

import "github.com/prefect-server/terraform-provider-prefect/internal/acctest"

// wrongReads are wrong data sources, lists and imports.
func wrongReads() []wrong {
	return []wrong{
		{"import prefect_tenant", "", []row{
			{`id = ""`, acctest.AtPlan, "", []string{`Could not import tenant ""`, "The Server has no such object: tenant with slug", "Give the UUID or the slug of a"}},
			{`id = "none"`, acctest.AtPlan, "", []string{`Could not import tenant "none"`, "The Server has no such object: tenant with slug", "Give the UUID or the slug of a"}},
			{"id = $none", acctest.AtPlan, "", []string{`Could not import tenant "`, "The Server has no such object: tenant", "Give the UUID or the slug of a"}},
		}},
		{"data prefect_tenant", "", []row{
			{`id = "default"`, acctest.AtValidate, "id", []string{"Not a UUID", `"default" is not a UUID`, "Use the `id` of the object, such as"}},
			{"id = $none", acctest.AtApply, "id", []string{`Could not find the tenant with id "`, "The Server has no such object: tenant", "Check the value, and that the provider's `endpoint`"}},
			{`slug = " "`, acctest.AtValidate, "slug", []string{"Blank value", "The value must hold at least one character that"}},
			{`slug = "none"`, acctest.AtApply, "slug", []string{`Could not find the tenant with slug "none"`, "The Server has no such object: tenant with slug", "Check the value, and that the provider's `endpoint`"}},
			{`name = ""`, acctest.AtValidate, "name", []string{"Blank value", "The value must hold at least one character that"}},
			{`name = "none"`, acctest.AtApply, "name", []string{`Could not find the tenant with name "none"`, "No tenant of this Server has this name", "If the tenant is created in the same"}},
			{"id = $tenant; slug = $slug", acctest.AtValidate, "id", []string{"Invalid Attribute Combination", "These attributes cannot be configured together: [id,slug,name]"}},
		}},
		{"import prefect_project", "", []row{
			{"id = $none", acctest.AtPlan, "", []string{`-0000-4000-8000-00000000000f"`, "The Server has no such object: project", "Give the UUID or the name of a"}},
			{`id = "none"`, acctest.AtPlan, "", []string{`Could not import project "none"`, "The Server has no such object: project with name", "Give the UUID or the name of a"}},
			{`id = "none/flows"`, acctest.AtPlan, "", []string{`Could not import project "none/flows"`, `Tenant "none" not found: the Server has`, "The part before the slash is the slug"}},
		}},
		{"data prefect_project", "", []row{
			{"", acctest.AtValidate, "", []string{"Missing Attribute Configuration", "Exactly one of these attributes must be configured: [id,name]"}},
			{`id = $project; name = "flows"`, acctest.AtValidate, "id", []string{"Invalid Attribute Combination", "Exactly one of these attributes must be configured: [id,name]"}},
			{`id = "flows"`, acctest.AtValidate, "id", []string{"Not a UUID", `"flows" is not a UUID`, "Use the `id` of the object, such as"}},
			{"id = $none", acctest.AtApply, "id", []string{`Could not find the project with id "`, "The Server has no such object: project", "Check the value, and that the provider's `endpoint`"}},
			{`name = "none"`, acctest.AtApply, "name", []string{`Could not find the project with name "none"`, "The Server has no such object: project with name", "Check the value, and that the provider's `endpoint`"}},
			{`name = "flows"; tenant_id = $none`, acctest.AtApply, "tenant_id", []string{`Could not find the project with name "flows"`, `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
		}},
		{"data prefect_tenants", "", []row{
			{`name_like = ""`, acctest.AtValidate, "name_like", []string{"Blank value", "The value must hold at least one character that"}},
			{`slug_like = " a"`, acctest.AtValidate, "slug_like", []string{"Blank value", `" a" starts or ends with white space`, "Remove it"}},
		}},
		{"data prefect_projects", "", []row{
			{`tenant_id = "default"`, acctest.AtValidate, "tenant_id", []string{"Not a UUID", `"default" is not a UUID`, "Use the `id` of the object, such as"}},
			{"tenant_id = $none", acctest.AtApply, "tenant_id", []string{"Could not list the projects", `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
			{`name_like = " "`, acctest.AtValidate, "name_like", []string{"Blank value", "The value must hold at least one character that"}},
		}},
		{"import prefect_flow", "", []row{
			{"id = $none", acctest.AtPlan, "", []string{`Could not import flow "`, "There is no such flow", "Give one of: the version group id, the"}},
			{`id = "none/etl"`, acctest.AtPlan, "", []string{`Could not import flow "none/etl"`, "There is no such flow", "Give one of: the version group id, the"}},
			{`id = "flows/none"`, acctest.AtPlan, "", []string{`Could not import flow "flows/none"`, "There is no such flow", "Give one of: the version group id, the"}},
		}},
		{"data prefect_flow", "", []row{
			{"", acctest.AtValidate, "", []string{"Missing Attribute Configuration", "Exactly one of these attributes must be configured: [id,version_group_id,flow_id,name]"}},
			{"id = $none", acctest.AtApply, "id", []string{`Could not find the flow with id "`, "The Server has no such object: flow of version", "Check the value, and that the provider's `endpoint`"}},
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id", []string{"Not a UUID", `"etl" is not a UUID`, "Use the `id` of the object, such as"}},
			{"flow_id = $none", acctest.AtApply, "flow_id", []string{`Could not find the flow with flow_id "`, "The Server has no such object: flow", "Check the value, and that the provider's `endpoint`"}},
			{`name = "etl"`, acctest.AtApply, "name", []string{"No project given", "The name of a flow is unique in its", "Add `project_id` or `project_name`"}},
			{`id = "etl"; tenant_id = $none`, acctest.AtApply, "tenant_id", []string{`Could not find the flow with id "etl"`, `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
			{`name = "none"; project_id = $project`, acctest.AtApply, "name", []string{`Could not find the flow with name "none"`, "The Server has no such object: flow with name", "Check the value, and that the provider's `endpoint`"}},
		}},
		{"data prefect_flows", "", []row{
			{`project_id = "flows"`, acctest.AtValidate, "project_id", []string{"Not a UUID", `"flows" is not a UUID`, "Use the `id` of the object, such as"}},
			{`name = ""`, acctest.AtValidate, "name", []string{"Invalid Attribute Value Length", "Attribute name string length must be at least 1"}},
			{`name = "etl"; name_like = "e%"`, acctest.AtValidate, "name", []string{"Invalid Attribute Combination", "These attributes cannot be configured together: [name,name_like]"}},
			{"tenant_id = $none", acctest.AtApply, "tenant_id", []string{"Could not list the flows", `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
		}},
		{"import prefect_flow_group", "", []row{
			{"id = $none", acctest.AtPlan, "", []string{`Could not import flow group "`, "The Server has no such object: flow group of", "Give the id of a flow group, such"}},
		}},
		{"data prefect_flow_group", "", []row{
			{"", acctest.AtValidate, "", []string{"Missing Attribute Configuration", "Exactly one of these attributes must be configured: [id,version_group_id]"}},
			{"id = $none", acctest.AtApply, "id", []string{`Could not find the flow group with id "`, "The Server has no such object: flow group", "Check the value, and that the provider's `endpoint`"}},
			{`version_group_id = "etl"; tenant_id = $none`, acctest.AtApply, "tenant_id", []string{`Could not find the flow group with version_group_id "etl"`, `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
			{`version_group_id = "none"`, acctest.AtApply, "version_group_id", []string{`Could not find the flow group with version_group_id "none"`, "The Server has no such object: flow group of", "Check the value, and that the provider's `endpoint`"}},
		}},
		{"import prefect_flow_run", "", []row{
			{`id = "none"`, acctest.AtPlan, "", []string{`Could not find flow run "none"`, "The tenant has no such run", "Check the name, and that the provider's `endpoint`"}},
			{"id = $none", acctest.AtPlan, "", []string{`Could not find flow run "`, "The Server has no such object: flow run", "Check the id, and that the provider's `endpoint`"}},
		}},
		{"data prefect_flow_run", "", []row{
			{"", acctest.AtValidate, "", []string{"Missing Attribute Configuration", "At least one of these attributes must be configured"}},
			{`id = "first"`, acctest.AtValidate, "id", []string{"Not a UUID", `"first" is not a UUID`, "Use the `id` of the object, such as"}},
			{"id = $none", acctest.AtApply, "id", []string{`Could not find flow run "`, "The Server has no such object: flow run", "Check the id, and that the provider's `endpoint`"}},
		}},
		{"data prefect_flow_runs", "", []row{
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id", []string{"Not a UUID", `"etl" is not a UUID`, "Use the `id` of the object, such as"}},
			{"states = []", acctest.AtValidate, "states", []string{"Invalid Attribute Value", "Attribute states set must contain at least 1 elements"}},
			{"states = [null]", acctest.AtValidate, "states", []string{"Null Set Value", "This attribute contains a null value"}},
			{"limit = 0", acctest.AtValidate, "limit", []string{"Invalid Attribute Value", "Attribute limit value must be at least 1, got"}},
			{`flow_id = $flow; version_group_id = "etl"`, acctest.AtValidate, "flow_id", []string{"Invalid Attribute Combination", "These attributes cannot be configured together: [flow_id,version_group_id]"}},
		}},
		{"data prefect_flow_run_logs", "", []row{
			{`flow_run_id = "first"`, acctest.AtValidate, "flow_run_id", []string{"Not a UUID", `"first" is not a UUID`, "Use the `id` of the object, such as"}},
			{"flow_run_id = $none", acctest.AtApply, "flow_run_id", []string{"Could not read the log of flow run", "The Server has no such object: flow run", "Check the id, and that the provider's `endpoint`"}},
			{"flow_run_id = $run; tail = 0", acctest.AtValidate, "tail", []string{"Invalid Attribute Value", "Attribute tail value must be at least 1, got"}},
			{`flow_run_id = $run; level = "LOUD"`, acctest.AtValidate, "level", []string{"Invalid Attribute Value Match", `Attribute level value must be one of: ["DEBUG" "INFO"`}},
		}},
		{"data prefect_agents", "", []row{
			{`name = ""`, acctest.AtValidate, "name", []string{"Blank value", "The value must hold at least one character that"}},
			{`healthy_within = "30"`, acctest.AtValidate, "healthy_within", []string{"Not a duration", `"30" is not a duration`, "Write a number with a unit, such as"}},
			{`labels = [" "]`, acctest.AtValidate, "labels[...]", []string{"Blank value", "The value must hold at least one character that"}},
			{`labels = [null]`, acctest.AtValidate, "labels", []string{"Null Set Value", "This attribute contains a null value"}},
			{`run_labels = ["a", null]`, acctest.AtValidate, "run_labels", []string{"Null Set Value", "This attribute contains a null value"}},
			{"tenant_id = $none", acctest.AtApply, "tenant_id", []string{"Could not list the agents", `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
		}},
		{"data prefect_server", "", []row{
			{`wait = "long"`, acctest.AtValidate, "wait", []string{"Not a duration", `"long" is not a duration`, "Write a number with a unit, such as"}},
		}},
		{"data prefect_kubernetes_job", "", []row{
			{"", acctest.AtValidate, "", []string{"Missing Attribute Configuration", "Exactly one of these attributes must be configured: [flow_run_id,name]"}},
			{`flow_run_id = "first"`, acctest.AtValidate, "flow_run_id", []string{"Not a UUID", `"first" is not a UUID`, "Use the `id` of the object, such as"}},
			{"flow_run_id = $run", acctest.AtApply, "", []string{"No cluster to look for the Job in", "The provider configuration names no cluster", "Set `kubernetes` in the provider block, for instance"}},
			{`name = ""`, acctest.AtValidate, "name", []string{"Blank value", "The value must hold at least one character that"}},
		}},
		{"import prefect_cloud_hook", "", []row{
			{`id = "hook"`, acctest.AtPlan, "", []string{`Could not import cloud hook "hook"`, "The import id is not a UUID", "Names of hooks are not unique, so a"}},
			{"id = $none", acctest.AtPlan, "", []string{`Could not import cloud hook "`, "The Server has no such object: cloud hook", "Give the UUID of a hook that exists"}},
		}},
		{"list prefect_flow", "", []row{
			{`project_id = "flows"`, acctest.AtValidate, "project_id", []string{"Not a UUID", `"flows" is not a UUID`, "Use the `id` of the object, such as"}},
			{"tenant_id = $none", acctest.AtApply, "tenant_id", []string{"Could not list the flows", `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
		}},
		{"list prefect_flow_run", "", []row{
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id", []string{"Not a UUID", `"etl" is not a UUID`, "Use the `id` of the object, such as"}},
			{"states = []", acctest.AtValidate, "states", []string{"Invalid Attribute Value", "Attribute states list must contain at least 1 elements"}},
			{"states = [null]", acctest.AtValidate, "states", []string{"Null List Value", "This attribute contains a null value"}},
		}},
		{"list prefect_tenant", "", []row{
			{`slug_like = ""`, acctest.AtValidate, "slug_like", []string{"Blank value", "The value must hold at least one character that"}},
		}},
		{"list prefect_project", "", []row{
			{`name_like = ""`, acctest.AtValidate, "name_like", []string{"Blank value", "The value must hold at least one character that"}},
			{`tenant_id = "x"`, acctest.AtValidate, "tenant_id", []string{"Not a UUID", `"x" is not a UUID`, "Use the `id` of the object, such as"}},
			{"tenant_id = $none", acctest.AtApply, "tenant_id", []string{"Could not list the projects", `The Server has no tenant with the id "`, "Set `tenant_id` to the `id` of a `prefect_tenant`"}},
		}},
	}
}
