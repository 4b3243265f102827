package transport

import "testing"

func TestWithoutInput(t *testing.T) {
	t.Parallel()
	const variables = `{"input":{"flow_run_name":"a-name-of-a-run","labels":["a-label"],"parameters":{"country":"secret-country","n":["secret-1"]},` +
		`"context":{"a":{"b":"secret-context"}},"run_config":{"type":"KubernetesRun","env":{"TOKEN":"secret-env"},"job_template":{"x":"secret-template"}}}}`
	for message, want := range map[string]string{
		"": "",
		`bad request: {"query":"...","variables":` + variables + `}`: "bad request: ***",
		"cannot read " + variables:                                   "cannot read ***",
		`parameter country has value secret-country`:                 "parameter country has value ***",
		`in list: secret-1`:                                          "in list: ***",
		`context {"a":{"b":"secret-context"}} is odd`:                "context *** is odd",
		`TOKEN=secret-env in secret-template`:                        "TOKEN=*** in ***",
		`run a-name-of-a-run of type KubernetesRun with a-label`:     "run a-name-of-a-run of type KubernetesRun with a-label",
	} {
		body := []byte(`{"query":"...","variables":` + variables + `}`)
		if got := withoutInput(message, body, []byte(variables)); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
	if got := withoutInput("flow H4sIAAAAAAAA/wE= is bad", nil, []byte(`{"input":{"serialized_flow":"H4sIAAAAAAAA/wE="}}`)); got != "flow *** is bad" {
		t.Errorf("%q", got)
	}
	if got := withoutInput("default secret-default", nil, []byte(`{"flowGroupId":"x","default_parameters":{"a":"secret-default"}}`)); got != "default ***" {
		t.Errorf("%q", got)
	}
}
