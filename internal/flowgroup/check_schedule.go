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
	_ "time/tzdata" // the known time zones must not depend on the machine

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// The range of intervals that the Server accepts: from a minute, as the 1.x client requires, to the maximum
// of GraphQL's Int in seconds.
const (
	minInterval = time.Minute
	maxInterval = math.MaxInt32 * time.Second
)

// checkSchedule checks the known parts of a schedule.
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
					fmt.Sprintf("Clock %d is the same as clock %d. The Server would start only one run for both. Remove one of them.", i, first))
			}
		}
	}
	return diags
}

func checkClock(at path.Path, c clockModel) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case c.Cron.IsNull() && c.Interval.IsNull():
		add(&diags, at, "A clock without times", "Set either `cron` or `interval`, or remove the clock from the list; `null` does not remove it.")
	case framework.IsSet(c.Cron) && framework.IsSet(c.Interval):
		add(&diags, at, "A clock with both `cron` and `interval`", "Set either `cron` or `interval`, or split the clock in two.")
	}
	if framework.IsSet(c.Cron) {
		if err := serialization.CheckCron(c.Cron.ValueString()); err != nil {
			add(&diags, at.AtName("cron"), "Not a cron expression", framework.Sentence(err.Error())+" "+serialization.CronRemedy+".")
		}
	}
	if framework.IsSet(c.Interval) {
		if problem := checkInterval(c.Interval.ValueString()); problem != "" {
			add(&diags, at.AtName("interval"), "Not a schedule interval", problem)
		}
	}
	diags.Append(checkObject(at.AtName("parameter_defaults"), c.ParameterDefaults)...)
	diags.Append(checkNoNull(at.AtName("parameter_defaults"), c.ParameterDefaults)...)
	return diags
}

// checkNoNull rejects null as a clock's parameter value. The Server does so too, but only says that the clock
// is invalid. In the group's default_parameters, null is an ordinary value.
func checkNoNull(at path.Path, value framework.JSON) diag.Diagnostics {
	var diags diag.Diagnostics
	decoded, _ := decodedValue(value)
	defaults, _ := decoded.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if defaults[name] == nil {
			add(&diags, at, "A parameter without a value", fmt.Sprintf("The value of %q is null, which the Server does not accept in a clock. "+
				"Remove the parameter, or set it in `default_parameters`.", name))
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
		return fmt.Sprintf("%q is not a whole number of seconds. Remove the fraction of a second.", text)
	case interval > maxInterval:
		return fmt.Sprintf("%q is longer than the Server can store. Use at most %d hours.", text, int64(maxInterval/time.Hour))
	}
	return ""
}

// checkZone accepts the names in the IANA time zone database. Go would also accept names that only some
// machines have.
func checkZone(name string) string {
	const remedy = " Use a name from the IANA time zone database, such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\"."
	area, _, _ := strings.Cut(name, "/")
	if name == "" || name != strings.TrimSpace(name) || slices.Contains([]string{"Local", "localtime", "posix", "right", "posixrules", "leapseconds"}, area) {
		return fmt.Sprintf("%q is not a time zone.", name) + remedy
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Sprintf("%q is not a time zone.", name) + remedy
	}
	return ""
}

// checkObject requires the text of a JSON object whose numbers are standard JSON.
func checkObject(at path.Path, value framework.JSON) diag.Diagnostics {
	var diags diag.Diagnostics
	decoded, ok := decodedValue(value)
	if !ok {
		return nil
	}
	if _, ok := decoded.(map[string]any); !ok {
		add(&diags, at, "Not a JSON object", "Use an object with a value per parameter, such as `jsonencode({ x = 1 })`.")
	} else if !json.Valid([]byte(value.ValueString())) {
		add(&diags, at, "Not standard JSON", "The Server accepts neither NaN nor infinite numbers. Use other values.")
	} else if problem := serialization.NotKept(decoded); problem != "" {
		add(&diags, at, framework.InexactSummary, problem)
	}
	return diags
}

// add reports a problem. The text names the attribute because, for an attribute inside an object, Terraform
// shows only the block.
func add(diags *diag.Diagnostics, at path.Path, summary, problem string) {
	diags.AddAttributeError(at, summary, fmt.Sprintf("Attribute %s: %s", at, problem))
}

// decodedValue decodes a value; it returns false if there is none, or if it is not JSON, which the type reports.
func decodedValue(value framework.JSON) (decoded any, ok bool) {
	if !framework.IsSet(value) {
		return nil, false
	}
	decoded, err := value.Decode()
	return decoded, err == nil
}
