package function

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// kubernetesJob implements kubernetes_job.
type kubernetesJob struct{}

// NewKubernetesJob returns the function kubernetes_job.
func NewKubernetesJob() function.Function { return kubernetesJob{} }

// What stands for what only a run has.
const (
	noID       = "00000000-0000-0000-0000-000000000000"
	noneOfJobs = "00000000"
)

// jobOptions are the members of the second argument.
func jobOptions() []string { return []string{"agent", "flow_json", "name"} }

// agentOptions are the members of its agent.
func agentOptions() []string {
	return []string{"api", "env", "image_pull_secrets", "job_template", "labels", "service_account_name"}
}

// Metadata gives the name.
func (kubernetesJob) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "kubernetes_job"
}

// Definition describes the function.
func (kubernetesJob) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Job that the agent makes of a run configuration",
		MarkdownDescription: "Returns the Kubernetes Job that the agent of Prefect 1.4.1 creates for a run with a run configuration, as an object. It serves " +
			"`terraform console`, tests and policy checks. The ids of the run and of the flow are zeros, and so is the random end of the Job's name.\n\n" +
			"Call it as `kubernetes_job(run_config)` or `kubernetes_job(run_config, options)`.",
		Parameters: []function.Parameter{function.DynamicParameter{
			Name: "run_config", AllowNullValue: true,
			MarkdownDescription: "The run configuration: an object as for `kubernetes_run`, a serialised run configuration as JSON, or `null` for none.",
		}},
		VariadicParameter: optional("Object with any of: `flow_json`, the flow or build document whose storage and version of Prefect decide about " +
			"the image, and `name`, which picks one of several flows; and `agent`, an object with what the agent was started with: `" +
			strings.Join(agentOptions(), "`, `") + "` (`job_template` as an object or as JSON)."),
		Return: function.DynamicReturn{},
	}
}

// Run makes the Job.
func (kubernetesJob) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given types.Dynamic
	more := options{most: 1}
	if resp.Error = req.Arguments.Get(ctx, &given, &more.values); resp.Error != nil {
		return
	}
	if resp.Error = more.check(); resp.Error != nil {
		return
	}
	config, err := runConfigOf(given)
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	run, agent, err := jobContext(more)
	if err != nil {
		resp.Error = wrong(1, err)
		return
	}
	run.RunConfig = config
	job, err := jobspec.Generate(run, agent, noneOfJobs)
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	value, err := dynamicOf(ctx, job)
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	resp.Error = resp.Result.Set(ctx, types.DynamicValue(value))
}

// runConfigOf is the serialised run configuration; nil for none.
func runConfigOf(given types.Dynamic) (map[string]any, error) {
	value, err := plain(given)
	if err != nil || value == nil {
		return nil, err
	}
	text, isText := value.(string)
	if !isText {
		if text, err = serialize(given); err != nil {
			return nil, err
		}
	}
	return objectOf("the run configuration", text)
}

// objectOf is an object, which may be given as JSON.
func objectOf(what string, value any) (map[string]any, error) {
	if text, ok := value.(string); ok {
		decoded, err := serialization.Decode([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		value = decoded
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s must be an object", what)
	}
	return object, nil
}

// jobContext is what the options say of the flow and of the agent.
func jobContext(given options) (jobspec.Run, jobspec.Agent, error) {
	run := jobspec.Run{ID: noID, FlowID: noID, CoreVersion: coreVersion, Storage: map[string]any{"type": "Local"}}
	value, err := given.at(0)
	if err != nil || value == nil {
		return run, jobspec.Agent{}, err
	}
	members, err := membersOf("the options", value, jobOptions())
	if err != nil {
		return run, jobspec.Agent{}, err
	}
	if members["flow_json"] != nil {
		text, ok := members["flow_json"].(string)
		name, named := members["name"].(string)
		if !ok || members["name"] != nil && !named {
			return run, jobspec.Agent{}, errors.New("flow_json and name must be strings")
		}
		flow, err := parse(text, name)
		if err != nil {
			return run, jobspec.Agent{}, err
		}
		run.Storage, run.CoreVersion = flow.Storage(), flow.CoreVersion()
	}
	agent, err := agentOf(members["agent"])
	return run, agent, err
}

func agentOf(value any) (jobspec.Agent, error) {
	var agent jobspec.Agent
	if value == nil {
		return agent, nil
	}
	members, err := membersOf("agent", value, agentOptions())
	if err != nil {
		return agent, err
	}
	if members["job_template"] != nil {
		if agent.JobTemplate, err = objectOf("agent.job_template", members["job_template"]); err != nil {
			return agent, err
		}
	}
	for name, to := range map[string]*string{"api": &agent.API, "service_account_name": &agent.ServiceAccountName} {
		text, ok := members[name].(string)
		if members[name] != nil && !ok {
			return agent, fmt.Errorf("agent.%s must be a string", name)
		}
		*to = text
	}
	for name, to := range map[string]*[]string{"labels": &agent.Labels, "image_pull_secrets": &agent.ImagePullSecrets} {
		if *to, err = stringsOf("agent."+name, members[name]); err != nil {
			return agent, err
		}
	}
	slices.Sort(agent.Labels) // as its command line does
	env, isObject := members["env"].(map[string]any)
	if members["env"] != nil && !isObject {
		return agent, errors.New("agent.env must be an object")
	}
	for name, value := range env {
		text, ok := asText(value).(string)
		if !ok {
			return agent, fmt.Errorf("agent.env.%s must be a string", name)
		}
		if agent.Env == nil {
			agent.Env = map[string]string{}
		}
		agent.Env[name] = text
	}
	return agent, nil
}

func membersOf(what string, value any, known []string) (map[string]any, error) {
	members, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s must be an object", what)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%s: there is no %q. There is: %s", what, name, strings.Join(known, ", "))
		}
	}
	return members, nil
}

func stringsOf(what string, value any) ([]string, error) {
	list, ok := value.([]any)
	if value != nil && !ok {
		return nil, fmt.Errorf("%s must be a list of strings", what)
	}
	var all []string
	for _, one := range list {
		text, ok := one.(string)
		if !ok {
			return nil, fmt.Errorf("%s must be a list of strings", what)
		}
		all = append(all, text)
	}
	return all, nil
}
