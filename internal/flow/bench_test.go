package flow_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// BenchmarkFlow_unchanged measures what the provider does for a flow that a plan leaves as it is: it validates, refreshes
// and plans it, without Terraform. One operation is a plan of 200 flows, ten at a time.
func BenchmarkFlow_unchanged(b *testing.B) {
	const flows, parallelism = 200, 10
	text, err := os.ReadFile("../../examples/flows/etl.json")
	if err != nil {
		b.Fatal(err)
	}
	var document struct{ Flows []map[string]any }
	if err := json.Unmarshal(text, &document); err != nil {
		b.Fatal(err)
	}
	for _, argument := range []string{"flow_file", "flow_json"} {
		b.Run(argument, func(b *testing.B) {
			server := acctest.Server(b)
			project, err := server.Client.CreateProject(b.Context(), "measured", nil)
			if err != nil {
				b.Fatal(err)
			}
			directory, session := b.TempDir(), acctest.Connect(b, server, nil)
			plans := make([]func(*acctest.Session), flows)
			for i := range plans {
				name := fmt.Sprintf("flow %d", i)
				document.Flows[0]["name"] = name
				text, err := json.Marshal(document.Flows[0])
				if err != nil {
					b.Fatal(err)
				}
				value := string(text)
				if argument == "flow_file" {
					value = filepath.Join(directory, name+".json")
					if err := os.WriteFile(value, text, 0o600); err != nil {
						b.Fatal(err)
					}
				}
				config := map[string]any{"project_id": project, argument: value}
				created := session.Create("prefect_flow", config)
				if len(created.Diagnostics) > 0 {
					b.Fatalf("%+v", created.Diagnostics)
				}
				plans[i] = session.Unchanged(created, config)
			}
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				in := acctest.Connect(b, server, nil)
				b.StartTimer()
				var workers sync.WaitGroup
				for worker := range parallelism {
					workers.Go(func() {
						for i := worker; i < flows; i += parallelism {
							plans[i](in)
						}
					})
				}
				workers.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*flows), "µs/flow")
		})
	}
}
