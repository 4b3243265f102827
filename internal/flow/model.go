package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// model is the resource's attributes.
type model struct {
	ID             types.String `tfsdk:"id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	ProjectID      types.String `tfsdk:"project_id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	Description    types.String `tfsdk:"description"`
	ScheduleActive types.Bool   `tfsdk:"schedule_active"`
	DeletionPolicy types.String `tfsdk:"deletion_policy"`

	inputs
	version

	Changes  types.List     `tfsdk:"changes"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// inputs are the arguments that together define one serialised flow.
type inputs struct {
	FlowJSON  framework.JSON `tfsdk:"flow_json"`
	FlowFile  types.String   `tfsdk:"flow_file"`
	Name      types.String   `tfsdk:"name"`
	Labels    types.Set      `tfsdk:"labels"`
	RunConfig types.Object   `tfsdk:"run_config"`

	file *content // what flow_file holds; nil until it is read
}

// version describes the newest version.
type version struct {
	FlowID         types.String `tfsdk:"flow_id"`
	Version        types.Int64  `tfsdk:"version"`
	FlowGroupID    types.String `tfsdk:"flow_group_id"`
	IdempotencyKey types.String `tfsdk:"idempotency_key"`
	CoreVersion    types.String `tfsdk:"core_version"`
	Parameters     types.List   `tfsdk:"parameters"`
	TaskCount      types.Int64  `tfsdk:"task_count"`
	Archived       types.Bool   `tfsdk:"archived"`
	Summary        types.Object `tfsdk:"summary"`
}

type parameterModel struct {
	Name     types.String   `tfsdk:"name"`
	Required types.Bool     `tfsdk:"required"`
	Default  framework.JSON `tfsdk:"default"`
}

func parameterTypes() map[string]attr.Type {
	return map[string]attr.Type{"name": types.StringType, "required": types.BoolType, "default": framework.JSONType{}}
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// describe sets what follows from the flow alone: parameters, number of tasks, version of Prefect, summary.
func (v *version) describe(ctx context.Context, f *serialization.Flow) diag.Diagnostics {
	parameters, diags := parametersOf(ctx, f)
	v.Parameters = parameters
	v.Summary = flowsummary.Value(f)
	v.TaskCount = types.Int64Value(int64(f.TaskCount()))
	v.CoreVersion = framework.StringOrNullIfEmpty(f.CoreVersion())
	return diags
}

func parametersOf(ctx context.Context, f *serialization.Flow) (types.List, diag.Diagnostics) {
	models := []parameterModel{}
	for _, p := range f.Parameters() {
		value := framework.JSONNull()
		if !p.Required {
			text, err := serialization.Canonical(p.Default)
			if err != nil {
				return parametersUnknown(), diag.Diagnostics{diag.NewErrorDiagnostic(
					fmt.Sprintf("Default of parameter %q is not JSON", p.Name), framework.Sentence(err.Error()))}
			}
			value = framework.JSONString(string(text))
		}
		models = append(models, parameterModel{
			Name: types.StringValue(p.Name), Required: types.BoolValue(p.Required), Default: value,
		})
	}
	return types.ListValueFrom(ctx, types.ObjectType{AttrTypes: parameterTypes()}, models)
}

func parametersUnknown() types.List {
	return types.ListUnknown(types.ObjectType{AttrTypes: parameterTypes()})
}

// fromServer updates what can change on the Server.
func (m *model) fromServer(f *prefect.Flow) {
	m.ID = types.StringValue(f.VersionGroupID)
	m.VersionGroupID = types.StringValue(f.VersionGroupID)
	m.TenantID = types.StringValue(f.TenantID)
	m.ProjectID = types.StringValue(f.ProjectID)
	m.Description = framework.StringOrNull(f.Description)
	m.ScheduleActive = types.BoolValue(f.IsScheduleActive)
	m.FlowID = types.StringValue(f.ID)
	m.Version = types.Int64Value(int64(f.Version))
	m.FlowGroupID = types.StringValue(f.FlowGroupID)
	m.Archived = types.BoolValue(f.Archived)
}

// describeStored fills what follows from the flow, as the Server has stored it: its columns, and its serialised form for the
// summary.
func (v *version) describeStored(ctx context.Context, f *prefect.Flow, stored *serialization.Flow) diag.Diagnostics {
	summary, err := summaryOf(f)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic(
			fmt.Sprintf("The Server's record of flow %q cannot be read", f.Name), framework.Sentence(err.Error()))}
	}
	diags := v.describe(ctx, summary)
	v.Summary = flowsummary.Value(stored)
	return diags
}

// summaryOf builds a flow with the parameters, Prefect version and number of tasks from the Server's columns.
func summaryOf(f *prefect.Flow) (*serialization.Flow, error) {
	parameters := any([]any{})
	if len(f.Parameters) > 0 {
		value, err := serialization.Decode(f.Parameters)
		if err != nil {
			return nil, fmt.Errorf("parameters: %w", err)
		}
		if list, ok := value.([]any); ok {
			parameters = list
		}
	}
	tasks := make([]any, f.TaskCount)
	data := map[string]any{"name": f.Name, "parameters": parameters, "tasks": tasks}
	if f.CoreVersion != "" {
		data["__version__"] = f.CoreVersion
	}
	return serialization.NewFlow(data), nil
}

// decodeObject decodes a JSON object.
func decodeObject(raw json.RawMessage) (map[string]any, error) {
	value, err := serialization.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("decode: expected an object, got %T", value)
	}
	return object, nil
}
