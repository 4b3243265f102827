package provider

import (
	"sort"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// unknownAttributes returns the sorted names of the top-level attributes that are unknown or contain
// something unknown.
func unknownAttributes(config tftypes.Value) []string {
	if !config.IsKnown() {
		return []string{"configuration"}
	}
	attributes := map[string]tftypes.Value{}
	if config.IsNull() || config.As(&attributes) != nil {
		return nil
	}
	var names []string
	for name, value := range attributes {
		if !value.IsFullyKnown() {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
