package api_test

import "testing"

func TestReferenceData(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	data := s.call("reference_data", nil)
	hierarchy, _ := data["state_hierarchy"].(map[string]any)
	same(t, "failed", hierarchy["Failed"], []any{"Failed", "TimedOut", "TriggerFailed", "ValidationFailed"})
	same(t, "pending", hierarchy["Pending"], []any{"Pending", "Scheduled", "Paused", "Resume", "Retrying"})
	info, _ := data["state_info"].(map[string]any)
	if len(hierarchy) != 23 || len(info) != 23 {
		t.Errorf("%d and %d states", len(hierarchy), len(info))
	}
	answer := s.call("api", nil)
	same(t, "backend", answer["backend"], "SERVER")
	same(t, "core", answer["core_version"], "1.4.1")
	s.Version = "mine"
	same(t, "version", s.call("api", nil)["version"], "mine")
}
