package azure

import (
	"fmt"
	"strings"
)

func fillCollectionRule(_ *Simulation, r *resource, _ object) {
	r.properties()["immutableId"] = "dcr-" + strings.ReplaceAll(identifier(r.path), "-", "")
}

// checkCollection refuses an association with a rule that does not exist.
func checkCollection(s *Simulation, c *call) (code, message string) {
	rule := text(child(c.body, "properties")["dataCollectionRuleId"])
	if s.find(rule) == nil {
		return "InvalidPayload", "There is no data collection rule " + rule + "."
	}
	return "", ""
}

// checkDiagnosticSetting refuses a setting that sends nothing, or goes nowhere, or
// sends a kind of logs both by its group and by itself.
func checkDiagnosticSetting(_ *Simulation, c *call) (code, message string) {
	p := child(c.body, "properties")
	if text(p["workspaceId"]) == "" && text(p["storageAccountId"]) == "" && text(p["eventHubAuthorizationRuleId"]) == "" && text(p["marketplacePartnerId"]) == "" {
		return "BadRequest", "At least one data sink needs to be specified."
	}
	groups, categories := 0, 0
	logs, _ := p["logs"].([]any)
	for _, v := range logs {
		entry, _ := v.(object)
		if text(entry["categoryGroup"]) != "" {
			groups++
		}
		if text(entry["category"]) != "" {
			categories++
		}
	}
	if groups > 0 && categories > 0 {
		return "BadRequest", "Category groups and categories cannot be used in one setting."
	}
	return "", ""
}

// checkQueryRule refuses an alert that looks less far back than it looks often.
func checkQueryRule(_ *Simulation, c *call) (code, message string) {
	p := child(c.body, "properties")
	window, every := isoMinutes(text(p["windowSize"])), isoMinutes(text(p["evaluationFrequency"]))
	if window < every || every == 0 {
		return "BadRequest", "The window size must be at least the evaluation frequency."
	}
	return "", ""
}

// isoMinutes reads a duration such as PT5M or PT1H, 0 for anything else.
func isoMinutes(duration string) int {
	number, unit := 0, ""
	if _, err := fmt.Sscanf(duration, "PT%d%s", &number, &unit); err != nil {
		return 0
	}
	if unit == "H" {
		number *= 60
	}
	return number
}
