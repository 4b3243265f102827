// Package function contains the provider-defined functions: pure helpers for serialised flows and run
// configurations. None of them contacts a Server.
package function

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// coreVersion is the version of Prefect whose serialised form of a run configuration is written. Agents of
// other 1.x releases can read it too.
const coreVersion = "1.4.1"

// All lists the functions.
func All() []func() function.Function {
	return []func() function.Function{NewFlowKey, NewFlowSummary, NewFlows, NewKubernetesJob, NewKubernetesRun, NewParseFlow}
}

// wrong returns the error of an argument, counted from 0. Terraform prints it after a colon and adds a full
// stop.
func wrong(argument int64, err error) *function.FuncError {
	return function.NewArgumentFuncError(argument, strings.TrimRight(err.Error(), "."))
}

// parse reads one serialised flow, or one from a build document.
func parse(text, name string) (*serialization.Flow, error) {
	flow, err := serialization.ParseFlow([]byte(text), name)
	if err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return flow, nil
}

// canonical encodes as canonical JSON; nil gives nil.
func canonical(v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := serialization.Canonical(v)
	if err != nil {
		return nil, fmt.Errorf("encode as JSON: %w", err)
	}
	text := string(raw)
	return &text, nil
}
