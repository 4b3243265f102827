package flowgroup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // which time zones there are must not depend on the machine

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// The intervals that the Server accepts: a minute, as the 1.x client demands, to
// the most seconds that GraphQL's Int has.
const (
	minInterval = time.Minute
	maxInterval = math.MaxInt32 * time.Second
)

// checkSchedule checks a schedule as far as it is known.
func checkSchedule(ctx context.Context, value types.Object) diag.Diagnostics {
	if !framework.IsSet(value) {
		return nil
	}
	at := path.Root("schedule")
	m, clocks, diags := parts(ctx, value)
	if diags.HasError() {
		return diags
	}
	if framework.IsSet(m.Timezone) {
		if problem := checkZone(m.Timezone.ValueString()); problem != "" {
			add(&diags, at.AtName("timezone"), "Not a time zone", problem)
		}
	}
	for i, c := range clocks {
		diags.Append(checkClock(at.AtName("clocks").AtListIndex(i), c)...)
	}
	if s := meant(ctx, value); s != nil && !diags.HasError() {
		for i, c := range s.clocks {
			if first := slices.IndexFunc(s.clocks, c.same); first < i {
				add(&diags, at.AtName("clocks").AtListIndex(i), "The same clock twice",
					fmt.Sprintf("Clock %d is the same as clock %d. The Server would start one run for both. Remove one of them.", i, first))
			}
		}
	}
	return diags
}

func checkClock(at path.Path, c clockModel) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case c.Cron.IsNull() && c.Interval.IsNull():
		add(&diags, at, "A clock without times", "Give the clock either `cron` or `interval`, or take it out of the list, which `null` does not do.")
	case framework.IsSet(c.Cron) && framework.IsSet(c.Interval):
		add(&diags, at, "A clock with two kinds of times", "Give the clock either `cron` or `interval`, or make two clocks of it.")
	}
	if framework.IsSet(c.Cron) {
		if err := serialization.CheckCron(c.Cron.ValueString()); err != nil {
			add(&diags, at.AtName("cron"), "Not a cron expression", framework.Sentence(err.Error())+" "+serialization.CronRemedy+".")
		}
	}
	if framework.IsSet(c.Interval) {
		if problem := checkInterval(c.Interval.ValueString()); problem != "" {
			add(&diags, at.AtName("interval"), "Not an interval of a schedule", problem)
		}
	}
	diags.Append(checkObject(at.AtName("parameter_defaults"), c.ParameterDefaults)...)
	diags.Append(checkNoNull(at.AtName("parameter_defaults"), c.ParameterDefaults)...)
	return diags
}

// checkNoNull refuses null for a parameter of a clock, as the Server does, which then
// says only that the clock is invalid. In the group's default_parameters null is a value
// like any other.
func checkNoNull(at path.Path, value framework.JSON) diag.Diagnostics {
	var diags diag.Diagnostics
	if !framework.IsSet(value) {
		return nil
	}
	decoded, err := value.Decode()
	if err != nil {
		return nil // the type has said so
	}
	defaults, _ := decoded.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if defaults[name] == nil {
			add(&diags, at, "A parameter without a value", fmt.Sprintf("The value of %q is null, which the Server does not take in a clock. "+
				"Leave the parameter out, or set it in `default_parameters`.", name))
		}
	}
	return diags
}

func checkInterval(text string) string {
	interval, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is not a duration. Write a number with a unit, such as \"90m\", \"6h\" or \"24h\".", text)
	case interval < minInterval:
		return fmt.Sprintf("%q is shorter than a minute, the shortest interval that the Server accepts.", text)
	case interval%time.Second != 0:
		return fmt.Sprintf("%q is not a whole number of seconds. Leave fractions of a second out.", text)
	case interval > maxInterval:
		return fmt.Sprintf("%q is longer than the Server can hold. Use at most %d hours.", text, int64(maxInterval/time.Hour))
	}
	return ""
}

// checkZone accepts the names of the IANA time zone database. Go would also take
// what only some machines have.
func checkZone(name string) string {
	const remedy = " Use a name of the IANA time zone database, such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\"."
	area, _, _ := strings.Cut(name, "/")
	if name == "" || name != strings.TrimSpace(name) || slices.Contains([]string{"Local", "localtime", "posix", "right", "posixrules", "leapseconds"}, area) {
		return fmt.Sprintf("%q is not a time zone.", name) + remedy
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Sprintf("%q is not a time zone.", name) + remedy
	}
	return ""
}

// checkObject wants the text of a JSON object with numbers that JSON has.
func checkObject(at path.Path, value framework.JSON) diag.Diagnostics {
	var diags diag.Diagnostics
	if !framework.IsSet(value) {
		return nil
	}
	decoded, err := value.Decode()
	if err != nil {
		return nil // the type has said so
	}
	if _, ok := decoded.(map[string]any); !ok {
		add(&diags, at, "Not a JSON object", "Give an object with the values by parameter, such as `jsonencode({ x = 1 })`.")
	} else if !json.Valid([]byte(value.ValueString())) {
		add(&diags, at, "Not standard JSON", "The Server takes neither NaN nor infinite numbers. Use other values.")
	} else if problem := serialization.NotKept(decoded); problem != "" {
		add(&diags, at, framework.InexactSummary, problem)
	}
	return diags
}

// add reports a problem. The text names the attribute because Terraform shows
// only the block for an attribute inside an object.
func add(diags *diag.Diagnostics, at path.Path, summary, problem string) {
	diags.AddAttributeError(at, summary, fmt.Sprintf("Attribute %s: %s", at, problem))
}
