package kubernetesjob

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/jobvalue"
)

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "The Kubernetes Job of a flow run as it is in the cluster now, with its pods, their containers, and events. " +
			"The cluster is the one in `kubernetes` of the provider configuration. The Prefect Server is not used.\n\n" +
			"Agents delete finished Jobs by default. The `job` of a `prefect_flow_run` keeps what was seen of the Job while waiting for the run.",
		Attributes: map[string]schema.Attribute{
			"flow_run_id": framework.Key("UUID of the flow run. A run that the Server has restarted has several Jobs; the newest is read. `null` if the Job was selected by "+
				"name and does not belong to a flow run.", framework.UUID()),
			"name":       framework.Key("Name of the Job.", framework.NotBlank()),
			"namespace":  framework.Key("Namespace to look in. Defaults to the provider's.", framework.NotBlank()),
			"uid":        framework.Text("UID of the Job."),
			"attempts":   framework.Number("Number of Jobs of the run in the namespace."),
			"image":      framework.Text("Image of the container that runs the flow."),
			"status":     framework.Text(jobvalue.StatusDescription),
			"reason":     framework.Text("Why the Job failed, such as `BackoffLimitExceeded` or `DeadlineExceeded`; `null` if it has not."),
			"message":    framework.Text("The reason in detail."),
			"active":     framework.Number("Number of pods that have not finished."),
			"created":    framework.Text("When the Job was created, in RFC 3339."),
			"start_time": framework.Text("When the Job controller started it, in RFC 3339; `null` if it has not."),
			"end_time":   framework.Text("When it completed or failed, in RFC 3339; `null` if it has not."),
			"conditions": framework.Found("Conditions of the Job.", conditionAttributes()),
			"events":     framework.Found("Events of the Job itself, oldest first. Clusters forget events after an hour by default.", eventAttributes()),
			"pods": framework.Found("Pods of the Job, oldest first.", map[string]schema.Attribute{
				"name":            framework.Text("Name of the pod."),
				"uid":             framework.Text("UID of the pod."),
				"node":            framework.Text("Node it was scheduled to; `null` if none."),
				"phase":           framework.Text("`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."),
				"reason":          framework.Text("Reason of the pod as a whole, such as `Evicted`."),
				"message":         framework.Text("The reason in detail."),
				"start_time":      framework.Text("When the kubelet accepted it, in RFC 3339."),
				"conditions":      framework.Found("Conditions of the pod; `PodScheduled` explains why it cannot be scheduled.", conditionAttributes()),
				"containers":      framework.Found("Containers, in the order of the pod's specification. The first runs the flow.", containerAttributes()),
				"init_containers": framework.Found("Containers that run before those, in order of execution.", containerAttributes()),
				"events":          framework.Found("Events of the pod, oldest first.", eventAttributes()),
			}),
		},
	}
}

func conditionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"type":    framework.Text("Type of the condition, such as `Failed`."),
		"status":  framework.Text("`True`, `False` or `Unknown`."),
		"reason":  framework.Text("Reason, in one word."),
		"message": framework.Text("The reason in detail."),
	}
}

func eventAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"type":       framework.Text("`Normal` or `Warning`."),
		"reason":     framework.Text("Reason, in one word."),
		"message":    framework.Text("What happened."),
		"count":      framework.Number("How often it happened."),
		"first_time": framework.Text("When it first happened, in RFC 3339."),
		"last_time":  framework.Text("When it last happened, in RFC 3339."),
	}
}

func containerAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":           framework.Text("Name of the container."),
		"image":          framework.Text("Image of the container."),
		"state":          framework.Text("`waiting`, `running` or `terminated`; `null` until the kubelet reports one."),
		"reason":         framework.Text("Reason of the state, such as `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Error` or `Completed`."),
		"message":        framework.Text("The reason in detail."),
		"exit_code":      framework.Number("Exit code; `null` unless terminated."),
		"restart_count":  framework.Number("How often it was restarted."),
		"start_time":     framework.Text("When it started, in RFC 3339; `null` if it has not."),
		"end_time":       framework.Text("When it ended, in RFC 3339; `null` if it has not."),
		"last_reason":    framework.Text("Why its previous instance ended; `null` if there was none."),
		"last_exit_code": framework.Number("Exit code of its previous instance; `null` if there was none."),
	}
}
