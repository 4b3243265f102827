package flow

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// losesServer loses the connection to the Server after the first request that
// follows a cancellation.
type losesServer struct {
	cancelled bool
	left      int
}

func (l *losesServer) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	if l.cancelled {
		if l.left--; l.left < 0 {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: timeoutError{}}
		}
	}
	l.cancelled = l.cancelled || bytes.Contains(body, []byte("cancel_flow_run("))
	return http.DefaultTransport.RoundTrip(request)
}

// A Server that is lost while runs are waited for is not the end of the time for
// the deletion: more of it would not help.
func TestDeleteThatLosesTheServer(t *testing.T) {
	t.Parallel()
	r := newRemote(t)
	state := r.register(noInputs(testFlow(t, "etl", nil)))
	state.DeletionPolicy = types.StringValue(policyDelete)
	r.run(state.ID.ValueString())
	runs, err := unfinishedRuns(t.Context(), r.client, state.ID.ValueString())
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	const mutation = `mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }`
	for _, name := range []string{"Submitted", "Running"} {
		input := map[string]any{"states": []any{map[string]any{"flow_run_id": runs[0].ID, "state": map[string]any{"type": name, "message": "test"}}}}
		if err := r.client.Do(t.Context(), mutation, map[string]any{"input": input}, nil); err != nil {
			t.Fatal(err)
		}
	}
	client, err := prefect.New(prefect.Config{Endpoint: r.client.Endpoint(), Transport: &losesServer{left: 1}, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	diags := r.deleteGroup(t.Context(), client, *state)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail(), "could not be reached") || strings.Contains(diags[0].Detail(), "timeouts.delete") {
		t.Errorf("got %v", diags)
	}
}

// timeoutError is, as that of a dial which takes too long, a deadline for errors.Is.
type timeoutError struct{}

func (timeoutError) Error() string     { return "i/o timeout" }
func (timeoutError) Timeout() bool     { return true }
func (timeoutError) Is(err error) bool { return err.Error() == "context deadline exceeded" }
