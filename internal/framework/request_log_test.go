package framework_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestClientLoggerMasksSecrets(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &output)

	log := framework.ClientLogger([]string{"hunter2", "", "s3cret"})
	log(ctx, prefect.Event{Operation: "GetProject", Attempt: 1, Status: 401, Err: errors.New("gateway says: bad token hunter2")})
	log(ctx, prefect.Event{Operation: "GetProject", Attempt: 2, Err: errors.New("s3cret"), RetryReason: "bad token hunter2"})

	text := output.String()
	if strings.Contains(text, "hunter2") || strings.Contains(text, "s3cret") {
		t.Errorf("a secret is in the log:\n%s", text)
	}
	for _, want := range []string{`"operation":"GetProject"`, `"status":401`, "gateway says", "will be retried"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in the log:\n%s", want, text)
		}
	}
}
