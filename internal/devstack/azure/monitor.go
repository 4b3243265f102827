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

// checkDiagnosticSetting refuses a setting that goes nowhere, or that selects logs both by group and by category.
// azurerm itself refuses one that selects nothing.
func checkDiagnosticSetting(_ *Simulation, c *call) (code, message string) {
	p := child(c.body, "properties")
	if text(p["workspaceId"]) == "" && text(p["storageAccountId"]) == "" && text(p["eventHubAuthorizationRuleId"]) == "" && text(p["marketplacePartnerId"]) == "" {
		return "BadRequest", "At least one data sink needs to be specified."
	}
	groups, categories := false, false
	logs, _ := p["logs"].([]any)
	for _, v := range logs {
		entry, _ := v.(object)
		groups = groups || text(entry["categoryGroup"]) != ""
		categories = categories || text(entry["category"]) != ""
	}
	if groups && categories {
		return "BadRequest", "Category groups and categories cannot be used in one setting."
	}
	return "", ""
}

// checkQueryRule refuses an alert that looks back over less than the time between two looks.
func checkQueryRule(_ *Simulation, c *call) (code, message string) {
	p := child(c.body, "properties")
	window, every := isoMinutes(text(p["windowSize"])), isoMinutes(text(p["evaluationFrequency"]))
	if window < every || every == 0 {
		return "BadRequest", "The window size must be at least the evaluation frequency."
	}
	return "", ""
}

// isoMinutes reads a duration of minutes or hours such as PT5M or PT1H, 0 for anything else.
func isoMinutes(duration string) int {
	number, unit := 0, ""
	if _, err := fmt.Sscanf(duration, "PT%d%s", &number, &unit); err != nil {
		return 0
	}
	return number * map[string]int{"M": 1, "H": 60}[unit]
}
