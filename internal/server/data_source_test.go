package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

func config(server *acctest.PrefectServer, lines string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_server\" \"test\" {\n%s\n}\n", lines)
}

func is(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.prefect_server.test", tfjsonpath.New(attribute), check)
}

// TestAccServerDataSource reads a Server that has no tenant yet.
func TestAccServerDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	checks := []statecheck.StateCheck{
		is("ready", knownvalue.Bool(true)), is("problem", knownvalue.Null()), is("endpoint", knownvalue.StringExact(server.API)),
		is("backend", knownvalue.StringExact("SERVER")), is("version", knownvalue.NotNull()), is("core_version", knownvalue.NotNull()),
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server, ""), ConfigStateChecks: checks},
			{Config: config(server, `wait = "10s"`), ConfigStateChecks: checks},
		},
	})
}

// TestAccServerDataSource_starting waits for a Server whose database is not
// there yet, and says so when it is not waited for.
func TestAccServerDataSource_starting(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	starting := prefectserver.Fault{Message: "Unable to connect to postgres."}
	var remove func() int
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				PreConfig: func() { remove = server.Server.Faults().Add(starting) },
				Config:    config(server, ""),
				ConfigStateChecks: []statecheck.StateCheck{
					is("ready", knownvalue.Bool(false)), is("version", knownvalue.Null()),
					is("problem", knownvalue.StringRegexp(regexp.MustCompile("Unable to connect to postgres"))),
				},
			},
			{
				Config:      config(server, `wait = "1s"`),
				ExpectError: acctest.Recorded(),
			},
			{
				PreConfig: func() {
					remove()
					starting.Times = 1
					server.Server.Faults().Add(starting)
				},
				Config:            config(server, `wait = "1m"`),
				ConfigStateChecks: []statecheck.StateCheck{is("ready", knownvalue.Bool(true))},
			},
		},
	})
}

func TestAccServerDataSource_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html></html>"))
	}))
	defer page.Close()
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server, `wait = "soon"`), ExpectError: acctest.Recorded()},
			{Config: config(server, `version = "1"`), ExpectError: acctest.Recorded()},
			{
				Config:      config(&acctest.PrefectServer{API: page.URL}, ""),
				ExpectError: acctest.Recorded(),
			},
			{
				Config:      config(&acctest.PrefectServer{API: page.URL}, `wait = "1h"`),
				ExpectError: acctest.Recorded(),
			},
		},
	})
}
