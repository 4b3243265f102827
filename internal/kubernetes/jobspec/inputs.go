package jobspec

// Agent is the part of a Kubernetes agent's configuration that shapes its Jobs. The zero value is an agent of
// a Prefect Server with default settings.
type Agent struct {
	API                string            // the URL that flow runs use for the API
	Backend            string            // "server" unless set
	LoggingLevel       string            // "INFO" unless set
	Labels             []string          // in the agent's order; its command line sorts them
	Env                map[string]string // the agent's --env
	NoCloudLogs        bool              // stops flow runs from sending their logs to the API
	ServiceAccountName string
	ImagePullSecrets   []string
	APIKey             string         // given to flow runs
	TenantID           string         // given to flow runs if APIKey is set
	JobTemplate        map[string]any // replaces the agent's default template; nil for the default
	// ReadTemplate reads a job template that a run configuration names by path. If it is nil, such a run
	// configuration is a *Error with ErrTemplateUnavailable.
	ReadTemplate func(path string) ([]byte, error)
}

// Run is what the agent knows about a run when it creates the Job.
type Run struct {
	ID, FlowID  string
	CoreVersion string         // of the Prefect that registered the flow; may be empty
	RunConfig   map[string]any // serialised; nil if the run has none
	Storage     map[string]any // serialised
}
