package runconfig

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// Descriptions are the schema descriptions that depend on the resource.
type Descriptions struct {
	// RunConfig describes run_config itself.
	RunConfig string
	// TemplatePath says when a local job template is read.
	TemplatePath string
	// Labels describes run_config.kubernetes.labels.
	Labels string
	// AsGiven is set if the object keeps the configuration as written, so that omitted attributes stay null.
	// Otherwise they may be set from the Server and from a local template.
	AsGiven bool
}

// Attribute is `run_config`, an optional attribute at the root of a resource.
func Attribute(text Descriptions) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: text.RunConfig,
		Attributes: map[string]schema.Attribute{
			"kubernetes": schema.SingleNestedAttribute{
				Required: true,
				MarkdownDescription: "Runs the flow as a Kubernetes Job (`KubernetesRun` in Prefect 1). If an attribute is left " +
					"out, the job template and the agent decide.",
				Attributes: kubernetesAttributes(text),
			},
		},
	}
}

func kubernetesAttributes(text Descriptions) map[string]schema.Attribute {
	filled := !text.AsGiven
	str := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Computed: filled, MarkdownDescription: description}
	}
	template := "Job template, a `batch/v1` Job as JSON, such as `jsonencode(yamldecode(file(\"job.yaml\")))`. Conflicts with `job_template_path`."
	if filled {
		template += " With a local `job_template_path` it contains that file's content."
	}
	return map[string]schema.Attribute{
		"job_template": schema.StringAttribute{
			Optional: true, Computed: filled,
			CustomType:          framework.JSONType{},
			MarkdownDescription: template,
		},
		"job_template_path": str("Path of a job template, YAML or JSON. A local file (no scheme, `file://` or `local://`) is " +
			text.TemplatePath + " A relative path starts at Terraform's working directory, so prefer " +
			"`\"${path.module}/job.yaml\"`. With any other scheme (`s3://`, `gcs://`, `agent://`), the agent reads it for each run. " +
			"Conflicts with `job_template`."),
		"image": str("Image of the flow's container. A flow with Docker storage uses the storage's image instead."),
		"env": schema.MapAttribute{
			Optional: true, Computed: filled,
			ElementType:         types.StringType,
			Validators:          []validator.Map{framework.Elements()},
			MarkdownDescription: "Environment variables of the flow's container.",
		},
		"cpu_limit":            str("CPU limit of the flow's container, a Kubernetes quantity such as `1` or `500m`."),
		"cpu_request":          str("CPU request of the flow's container, a Kubernetes quantity such as `1` or `500m`."),
		"memory_limit":         str("Memory limit of the flow's container, a Kubernetes quantity such as `512Mi`."),
		"memory_request":       str("Memory request of the flow's container, a Kubernetes quantity such as `512Mi`."),
		"service_account_name": str("Service account of the pod."),
		"image_pull_secrets": schema.ListAttribute{
			Optional: true, Computed: filled,
			ElementType:         types.StringType,
			Validators:          []validator.List{framework.Elements()},
			MarkdownDescription: "Names of the secrets for pulling images.",
		},
		"image_pull_policy": str("Pull policy of the flow's image: `Always`, `IfNotPresent` or `Never`."),
		"labels": schema.SetAttribute{
			Optional: true, Computed: filled,
			ElementType:         types.StringType,
			Validators:          []validator.Set{framework.Elements(), setvalidator.ValueStringsAre(framework.NotEmpty("k8s"))},
			MarkdownDescription: text.Labels,
		},
	}
}

// Kubernetes is run_config.kubernetes.
type Kubernetes struct {
	JobTemplate        framework.JSON `tfsdk:"job_template"`
	JobTemplatePath    types.String   `tfsdk:"job_template_path"`
	Image              types.String   `tfsdk:"image"`
	Env                types.Map      `tfsdk:"env"`
	CPULimit           types.String   `tfsdk:"cpu_limit"`
	CPURequest         types.String   `tfsdk:"cpu_request"`
	MemoryLimit        types.String   `tfsdk:"memory_limit"`
	MemoryRequest      types.String   `tfsdk:"memory_request"`
	ServiceAccountName types.String   `tfsdk:"service_account_name"`
	ImagePullSecrets   types.List     `tfsdk:"image_pull_secrets"`
	ImagePullPolicy    types.String   `tfsdk:"image_pull_policy"`
	Labels             types.Set      `tfsdk:"labels"`
}

type model struct {
	Kubernetes types.Object `tfsdk:"kubernetes"`
}

// Types are the attribute types of run_config.
func Types() map[string]attr.Type {
	return map[string]attr.Type{"kubernetes": types.ObjectType{AttrTypes: kubernetesTypes()}}
}

// Null is a run_config that is not set.
func Null() types.Object { return types.ObjectNull(Types()) }

func kubernetesTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"job_template": framework.JSONType{}, "job_template_path": types.StringType, "image": types.StringType,
		"env":       types.MapType{ElemType: types.StringType},
		"cpu_limit": types.StringType, "cpu_request": types.StringType,
		"memory_limit": types.StringType, "memory_request": types.StringType,
		"service_account_name": types.StringType,
		"image_pull_secrets":   types.ListType{ElemType: types.StringType},
		"image_pull_policy":    types.StringType,
		"labels":               types.SetType{ElemType: types.StringType},
	}
}
