package conformance_test

import "github.com/prefect-server/terraform-provider-prefect/internal/acctest"

// wrongReads are wrong data sources, lists and imports.
func wrongReads() []wrong {
	return []wrong{
		{"import prefect_tenant", "", []row{
			{`id = ""`, acctest.AtPlan, ""},
			{`id = "none"`, acctest.AtPlan, ""},
			{"id = $none", acctest.AtPlan, ""},
		}},
		{"data prefect_tenant", "", []row{
			{`id = "default"`, acctest.AtValidate, "id"},
			{"id = $none", acctest.AtApply, "id"},
			{`slug = " "`, acctest.AtValidate, "slug"},
			{`slug = "none"`, acctest.AtApply, "slug"},
			{`name = ""`, acctest.AtValidate, "name"},
			{`name = "none"`, acctest.AtApply, "name"},
			{"id = $tenant; slug = $slug", acctest.AtValidate, "id"},
		}},
		{"import prefect_project", "", []row{
			{"id = $none", acctest.AtPlan, ""},
			{`id = "none"`, acctest.AtPlan, ""},
			{`id = "none/flows"`, acctest.AtPlan, ""},
		}},
		{"data prefect_project", "", []row{
			{"", acctest.AtValidate, ""},
			{`id = $project; name = "flows"`, acctest.AtValidate, "id"},
			{`id = "flows"`, acctest.AtValidate, "id"},
			{"id = $none", acctest.AtApply, "id"},
			{`name = "none"`, acctest.AtApply, "name"},
			{`name = "flows"; tenant_id = $none`, acctest.AtApply, "tenant_id"},
		}},
		{"data prefect_tenants", "", []row{
			{`name_like = ""`, acctest.AtValidate, "name_like"},
			{`slug_like = " a"`, acctest.AtValidate, "slug_like"},
		}},
		{"data prefect_projects", "", []row{
			{`tenant_id = "default"`, acctest.AtValidate, "tenant_id"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
			{`name_like = " "`, acctest.AtValidate, "name_like"},
		}},
		{"import prefect_flow", "", []row{
			{"id = $none", acctest.AtPlan, ""},
			{`id = "none/etl"`, acctest.AtPlan, ""},
			{`id = "flows/none"`, acctest.AtPlan, ""},
		}},
		{"data prefect_flow", "", []row{
			{"", acctest.AtValidate, ""},
			{"id = $none", acctest.AtApply, "id"},
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id"},
			{"flow_id = $none", acctest.AtApply, "flow_id"},
			{`name = "etl"`, acctest.AtApply, "name"},
			{`id = "etl"; tenant_id = $none`, acctest.AtApply, "tenant_id"},
			{`name = "none"; project_id = $project`, acctest.AtApply, "name"},
		}},
		{"data prefect_flows", "", []row{
			{`project_id = "flows"`, acctest.AtValidate, "project_id"},
			{`name = ""`, acctest.AtValidate, "name"},
			{`name = "etl"; name_like = "e%"`, acctest.AtValidate, "name"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"import prefect_flow_group", "", []row{
			{"id = $none", acctest.AtPlan, ""},
		}},
		{"data prefect_flow_group", "", []row{
			{"", acctest.AtValidate, ""},
			{"id = $none", acctest.AtApply, "id"},
			{`version_group_id = "etl"; tenant_id = $none`, acctest.AtApply, "tenant_id"},
			{`version_group_id = "none"`, acctest.AtApply, "version_group_id"},
		}},
		{"import prefect_flow_run", "", []row{
			{`id = "none"`, acctest.AtPlan, ""},
			{"id = $none", acctest.AtPlan, ""},
		}},
		{"data prefect_flow_run", "", []row{
			{"", acctest.AtValidate, ""},
			{`id = "first"`, acctest.AtValidate, "id"},
			{"id = $none", acctest.AtApply, "id"},
			{`id = $run; tenant_id = "default"`, acctest.AtValidate, "tenant_id"},
			{"id = $run; tenant_id = $none", acctest.AtApply, "tenant_id"},
			{`name = "none"`, acctest.AtApply, ""},
			{`name = "none"; tenant_id = $none`, acctest.AtApply, "tenant_id"},
			{"version_group_id = $none", acctest.AtApply, ""},
			{`version_group_id = "etl"; tenant_id = $none`, acctest.AtApply, "tenant_id"},
		}},
		{"data prefect_flow_runs", "", []row{
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id"},
			{"states = []", acctest.AtValidate, "states"},
			{"states = [null]", acctest.AtValidate, "states"},
			{"limit = 0", acctest.AtValidate, "limit"},
			{`flow_id = $flow; version_group_id = "etl"`, acctest.AtValidate, "flow_id"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"data prefect_flow_run_logs", "", []row{
			{`flow_run_id = "first"`, acctest.AtValidate, "flow_run_id"},
			{"flow_run_id = $none", acctest.AtApply, "flow_run_id"},
			{"flow_run_id = $run; tail = 0", acctest.AtValidate, "tail"},
			{`flow_run_id = $run; level = "LOUD"`, acctest.AtValidate, "level"},
			{"flow_run_id = $run; tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"data prefect_agents", "", []row{
			{`name = ""`, acctest.AtValidate, "name"},
			{`healthy_within = "30"`, acctest.AtValidate, "healthy_within"},
			{`labels = [" "]`, acctest.AtValidate, "labels[...]"},
			{`labels = [null]`, acctest.AtValidate, "labels"},
			{`run_labels = ["a", null]`, acctest.AtValidate, "run_labels"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"data prefect_server", "", []row{
			{`wait = "long"`, acctest.AtValidate, "wait"},
		}},
		{"data prefect_kubernetes_job", "", []row{
			{"", acctest.AtValidate, ""},
			{`flow_run_id = "first"`, acctest.AtValidate, "flow_run_id"},
			{"flow_run_id = $run", acctest.AtApply, ""},
			{`name = ""`, acctest.AtValidate, "name"},
		}},
		{"import prefect_cloud_hook", "", []row{
			{`id = "hook"`, acctest.AtPlan, ""},
			{"id = $none", acctest.AtPlan, ""},
		}},
		{"list prefect_flow", "", []row{
			{`project_id = "flows"`, acctest.AtValidate, "project_id"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"list prefect_flow_run", "", []row{
			{`flow_id = "etl"`, acctest.AtValidate, "flow_id"},
			{"states = []", acctest.AtValidate, "states"},
			{"states = [null]", acctest.AtValidate, "states"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"list prefect_flow_group", "", []row{
			{`project_id = "data"`, acctest.AtValidate, "project_id"},
			{`name_like = ""`, acctest.AtValidate, "name_like"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"list prefect_cloud_hook", "", []row{
			{`type = "SLACK"`, acctest.AtValidate, "type"},
			{`version_group_id = " "`, acctest.AtValidate, "version_group_id"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
		{"list prefect_tenant", "", []row{
			{`slug_like = ""`, acctest.AtValidate, "slug_like"},
		}},
		{"list prefect_project", "", []row{
			{`name_like = ""`, acctest.AtValidate, "name_like"},
			{`tenant_id = "x"`, acctest.AtValidate, "tenant_id"},
			{"tenant_id = $none", acctest.AtApply, "tenant_id"},
		}},
	}
}
