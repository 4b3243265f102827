package flowrun

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// levels returns Python's names of log levels, least important first.
func levels() []string { return []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"} }

// logsModel is the data source's attributes.
type logsModel struct {
	FlowRunID types.String `tfsdk:"flow_run_id"`
	TenantID  types.String `tfsdk:"tenant_id"`
	Tail      types.Int64  `tfsdk:"tail"`
	Level     types.String `tfsdk:"level"`
	Lines     []lineModel  `tfsdk:"lines"`
	Text      types.String `tfsdk:"text"`
}

// lineModel is one line.
type lineModel struct {
	Time      types.String `tfsdk:"time"`
	Level     types.String `tfsdk:"level"`
	Name      types.String `tfsdk:"name"`
	Message   types.String `tfsdk:"message"`
	TaskRunID types.String `tfsdk:"task_run_id"`
}

// NewLogsDataSource returns the data source prefect_flow_run_logs.
func NewLogsDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[logsModel]{Name: "flow_run_logs", Schema: logsSchema, Read: readLogs})
}

func logsSchema() schema.Schema {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "The log of a flow run: what the run, its tasks and its agent wrote, oldest line first. " +
			"The lines are stored in Terraform's state; use `tail` for runs with long logs.",
		Attributes: map[string]schema.Attribute{
			"flow_run_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{framework.UUID()},
				MarkdownDescription: "UUID of the run.",
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{framework.UUID()},
				MarkdownDescription: "UUID of the run's tenant. Defaults to the provider's tenant.",
			},
			"tail": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{framework.IntegerAtLeast(1)},
				MarkdownDescription: "Maximum number of lines: the newest ones that match `level`. Default: all.",
			},
			"level": schema.StringAttribute{
				Optional: true, Validators: []validator.String{framework.OneOf(levels()...)},
				MarkdownDescription: "Only lines of at least this level: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`. " +
					"Lines with a custom or no level are always included.",
			},
			"lines": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The lines found.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"time":        text("When it was written, in RFC 3339."),
					"level":       text("Level, such as `INFO`."),
					"name":        text("Name of the logger, such as `prefect.CloudFlowRunner` or `agent`."),
					"message":     text("The message; it may have several lines."),
					"task_run_id": text("UUID of the task run that wrote it; `null` for the run itself and its agent."),
				}},
			},
			"text": text("The lines as one text, each with time, level, name and message."),
		},
	}
}

func readLogs(ctx context.Context, data *framework.ProviderData, m *logsModel) diag.Diagnostics {
	id := m.FlowRunID.ValueString()
	failure := framework.Failure{
		Summary: "Could not read the log of flow run " + id, Attribute: path.Root("flow_run_id"),
		Remedies: map[error]string{
			prefect.ErrNotFound: noSuchRun,
		},
	}
	client := data.Client(m.TenantID)
	run, err := client.GetFlowRun(ctx, id)
	if err != nil {
		return failure.DiagnoseIn(err, m.TenantID)
	}
	logs, err := m.read(ctx, client)
	if err != nil {
		return failure.Diagnose(err)
	}
	m.TenantID = types.StringValue(run.TenantID)
	m.fill(logs)
	return nil
}

// read reads the lines that match level and tail.
func (m *logsModel) read(ctx context.Context, client *prefect.Client) ([]prefect.Log, error) {
	id, tail := m.FlowRunID.ValueString(), int(m.Tail.ValueInt64())
	if m.Level.IsNull() && !m.Tail.IsNull() {
		logs, err := client.LastFlowRunLogs(ctx, id, tail)
		if err != nil {
			err = fmt.Errorf("read the last lines: %w", err)
		}
		return logs, err
	}
	logs, _, err := client.FlowRunLogs(ctx, id, prefect.LogCursor{})
	if err != nil {
		return nil, fmt.Errorf("read all lines: %w", err)
	}
	least := slices.Index(levels(), m.Level.ValueString())
	logs = slices.DeleteFunc(logs, func(l prefect.Log) bool {
		level := slices.Index(levels(), l.Level)
		return level >= 0 && level < least
	})
	if !m.Tail.IsNull() && len(logs) > tail {
		logs = logs[len(logs)-tail:]
	}
	return logs, nil
}

func (m *logsModel) fill(logs []prefect.Log) {
	m.Lines = make([]lineModel, 0, len(logs))
	var text strings.Builder
	for _, l := range logs {
		m.Lines = append(m.Lines, lineModel{
			Time: types.StringValue(timeText(l.Timestamp)), Level: framework.StringOrNullIfEmpty(l.Level), Name: framework.StringOrNullIfEmpty(l.Name),
			Message: types.StringValue(l.Message), TaskRunID: framework.StringOrNullIfEmpty(l.TaskRunID),
		})
		fmt.Fprintf(&text, "%s %s %s %s\n", timeText(l.Timestamp), l.Level, l.Name, l.Message)
	}
	m.Text = types.StringValue(text.String())
}
