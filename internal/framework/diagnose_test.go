package framework_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	failed := func(kind error, message string) error {
		return &prefect.Error{Operation: "CreateProject", Endpoint: "http://prefect:4200", Message: message, Kind: kind}
	}
	_, dial := (&net.Dialer{Timeout: time.Nanosecond}).DialContext(t.Context(), "tcp", "127.0.0.1:1")
	if !errors.Is(dial, context.DeadlineExceeded) {
		t.Fatalf("the dial's timeout is no longer taken for a deadline: %v", dial)
	}
	const summary = `Could not create project "etl"`
	for name, test := range map[string]struct {
		err         error
		wantInPath  bool
		wantDetails []string
		not         []string
	}{
		"uniqueness": {
			failed(prefect.ErrUniqueness, "Uniqueness violation."), true,
			[]string{"An object with the same key already exists", "import the existing object", "operation CreateProject", "http://prefect:4200"},
			nil,
		},
		"wrapped":         {fmt.Errorf("while at it: %w", failed(prefect.ErrForeignKey, "Foreign key violation.")), true, []string{"does not exist", "Foreign key violation"}, nil},
		"unreachable":     {failed(prefect.ErrUnreachable, "connection refused"), false, []string{"could not be reached: connection refused.", "`endpoint`", "ready_timeout"}, nil},
		"not Prefect":     {failed(prefect.ErrNotPrefect, "the answer is HTML"), false, []string{"not the API", "HTML", "port 4200"}, nil},
		"several tenants": {&prefect.TenantError{Kind: prefect.ErrSeveralTenants, Tenants: []prefect.Tenant{{Slug: "a"}, {Slug: "b"}}}, false, []string{"several tenants (a, b)", "Set `tenant`"}, nil},
		"no tenant":       {&prefect.TenantError{Kind: prefect.ErrNoTenant}, false, []string{"no tenant", "prefect_tenant"}, nil},
		"interrupted":     {fmt.Errorf("wait: %w", context.Canceled), false, []string{"interrupted.", "Run the command again"}, []string{"context canceled"}},
		"uncertain": {
			fmt.Errorf("%w: %w", prefect.ErrUncertain, context.Canceled), false,
			[]string{"interrupted or got no proper answer, and the Server could not confirm", "The next refresh looks for the object"}, []string{"context canceled"},
		},
		"deadline": {
			fmt.Errorf("delete the Jobs of run r: %w", context.DeadlineExceeded), false,
			[]string{"The time allowed for the operation ran out: delete the Jobs of run r", "Raise the timeout"}, nil,
		},
		"cluster away": {
			fmt.Errorf("delete the Jobs of run r: %w", &kubeclient.AccessError{Kind: kubeclient.ErrUnreachable, Verb: "list", Resource: "jobs", Err: dial}), false,
			[]string{"The cluster could not be reached: delete the Jobs of run r", "dial tcp", "`kubernetes`"}, []string{"time allowed", "Raise"},
		},
		"connection not made in time": {fmt.Errorf("fetch the template: %w", dial), false, []string{"Fetch the template: dial tcp"}, []string{"time allowed", "Raise"}},
		"unknown":                     {errors.New("something else"), true, []string{"Something else."}, []string{"("}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := framework.Diagnose(test.err, summary, path.Root("name"))
			if len(diags) != 1 || diags[0].Severity() != diag.SeverityError || diags[0].Summary() != summary {
				t.Fatalf("%v", diags)
			}
			if _, inPath := diags[0].(diag.DiagnosticWithPath); inPath != test.wantInPath {
				t.Errorf("at an attribute: %t, want %t", inPath, test.wantInPath)
			}
			for _, want := range test.wantDetails {
				if !strings.Contains(diags[0].Detail(), want) {
					t.Errorf("%q is missing in:\n%s", want, diags[0].Detail())
				}
			}
			for _, not := range test.not {
				if strings.Contains(diags[0].Detail(), not) {
					t.Errorf("%q is in:\n%s", not, diags[0].Detail())
				}
			}
		})
	}
	if diags := framework.Diagnose(nil, summary); diags != nil {
		t.Errorf("no error gave %v", diags)
	}
}

func TestFailureRemedy(t *testing.T) {
	t.Parallel()
	diags := framework.Failure{Summary: "s", Remedies: map[error]string{prefect.ErrArchived: "Use another."}}.
		Diagnose(&prefect.Error{Kind: prefect.ErrArchived, Message: "Flow x is archived."})
	if detail := diags[0].Detail(); !strings.Contains(detail, "Use another.") || strings.Contains(detail, "version_group_id") {
		t.Error(detail)
	}
}
