package azure

import "strings"

func fillCollectionRule(_ *Simulation, r *resource, _ object) {
	r.properties()["immutableId"] = "dcr-" + strings.ReplaceAll(identifier(r.path), "-", "")
}

// checkCollection refuses an association with a rule that there is not.
func checkCollection(s *Simulation, c *call) (code, message string) {
	rule := text(child(c.body, "properties")["dataCollectionRuleId"])
	if s.find(rule) == nil {
		return "InvalidPayload", "There is no data collection rule " + rule + "."
	}
	return "", ""
}
