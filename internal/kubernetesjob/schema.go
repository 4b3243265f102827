package kubernetesjob

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/jobvalue"
)

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func key(description string, v validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, Validators: []validator.String{v}, MarkdownDescription: description}
}

func list(description string, attributes map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}

func dataSourceSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "The Kubernetes Job of a flow run as it is in the cluster now, with its pods, their containers, and events. " +
			"The cluster is the one in `kubernetes` of the provider configuration. The Prefect Server is not used.\n\n" +
			"Agents delete finished Jobs by default. The `job` of a `prefect_flow_run` keeps what was seen of the Job while waiting for the run.",
		Attributes: map[string]schema.Attribute{
			"flow_run_id": key("UUID of the flow run. A run that the Server has restarted has several Jobs; the newest is read. `null` if the Job was selected by "+
				"name and does not belong to a flow run.", framework.UUID()),
			"name":       key("Name of the Job.", framework.NotBlank()),
			"namespace":  key("Namespace to look in. Defaults to the provider's.", framework.NotBlank()),
			"uid":        text("UID of the Job."),
			"attempts":   number("Number of Jobs of the run in the namespace."),
			"image":      text("Image of the container that runs the flow."),
			"status":     text(jobvalue.StatusDescription),
			"reason":     text("Why the Job failed, such as `BackoffLimitExceeded` or `DeadlineExceeded`; `null` if it has not."),
			"message":    text("The reason in detail."),
			"active":     number("Number of pods that have not finished."),
			"created":    text("When the Job was created, in RFC 3339."),
			"start_time": text("When the Job controller started it, in RFC 3339; `null` if it has not."),
			"end_time":   text("When it completed or failed, in RFC 3339; `null` if it has not."),
			"conditions": list("Conditions of the Job.", conditionAttributes()),
			"events":     list("Events of the Job itself, oldest first. Clusters forget events after an hour by default.", eventAttributes()),
			"pods": list("Pods of the Job, oldest first.", map[string]schema.Attribute{
				"name":            text("Name of the pod."),
				"uid":             text("UID of the pod."),
				"node":            text("Node it was scheduled to; `null` if none."),
				"phase":           text("`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."),
				"reason":          text("Reason of the pod as a whole, such as `Evicted`."),
				"message":         text("The reason in detail."),
				"start_time":      text("When the kubelet accepted it, in RFC 3339."),
				"conditions":      list("Conditions of the pod; `PodScheduled` explains why it cannot be scheduled.", conditionAttributes()),
				"containers":      list("Containers, in the order of the pod's specification. The first runs the flow.", containerAttributes()),
				"init_containers": list("Containers that run before those, in order of execution.", containerAttributes()),
				"events":          list("Events of the pod, oldest first.", eventAttributes()),
			}),
		},
	}
}

func conditionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"type":    text("Type of the condition, such as `Failed`."),
		"status":  text("`True`, `False` or `Unknown`."),
		"reason":  text("Reason, in one word."),
		"message": text("The reason in detail."),
	}
}

func eventAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"type":       text("`Normal` or `Warning`."),
		"reason":     text("Reason, in one word."),
		"message":    text("What happened."),
		"count":      number("How often it happened."),
		"first_time": text("When it first happened, in RFC 3339."),
		"last_time":  text("When it last happened, in RFC 3339."),
	}
}

func containerAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":           text("Name of the container."),
		"image":          text("Image of the container."),
		"state":          text("`waiting`, `running` or `terminated`; `null` until the kubelet reports one."),
		"reason":         text("Reason of the state, such as `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Error` or `Completed`."),
		"message":        text("The reason in detail."),
		"exit_code":      number("Exit code; `null` unless terminated."),
		"restart_count":  number("How often it was restarted."),
		"start_time":     text("When it started, in RFC 3339; `null` if it has not."),
		"end_time":       text("When it ended, in RFC 3339; `null` if it has not."),
		"last_reason":    text("Why its previous instance ended; `null` if there was none."),
		"last_exit_code": number("Exit code of its previous instance; `null` if there was none."),
	}
}
