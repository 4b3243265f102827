package interop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
)

// cronCases is how many expressions TestCron generates.
const cronCases = 30_000

// cronCase is an expression and where to start, in the form that cron.py reads.
type cronCase struct {
	Expression string `json:"expression"`
	After      int64  `json:"after"`
	DayOr      bool   `json:"day_or"`
	Draw       uint32 `json:"draw"`
}

type cronAnswer struct {
	Refused string  `json:"refused"`
	Times   []int64 `json:"times"`
	Ends    string  `json:"ends"`
}

// TestCron has the real croniter 1.3.7 and this project's package cron judge the same expressions, and compares the
// verdicts and the next ten times. PREFECT_INTEROP_SEED gives other expressions.
func TestCron(t *testing.T) {
	t.Parallel()
	u := newUser(t, &acctest.PrefectServer{API: "http://api.example.com:4200"})
	seed := interopSeed(t)
	g := &cronGenerator{rand.New(rand.NewPCG(seed, 1))}
	cases := knownCron()
	for len(cases) < cronCases {
		cases = append(cases, g.next())
	}
	answers := ask(u, "cron.py", cases)
	var accepted, refused, random, ended, wrong, sixFields int
	for i, c := range cases {
		var want cronAnswer
		if err := json.Unmarshal(answers[i], &want); err != nil {
			t.Fatal(err)
		}
		got := predictCron(c)
		if want.Refused != "" {
			refused++
		} else {
			accepted++
		}
		if want.Ends != "" {
			ended++
		}
		if len(strings.Fields(c.Expression)) == 6 && want.Refused == "" {
			sixFields++
		}
		if strings.ContainsAny(c.Expression, "rR") && want.Refused == "" {
			random++
		}
		if (want.Refused == "") != (got.Refused == "") || !slices.Equal(want.Times, got.Times) || (want.Ends == "") != (got.Ends == "") {
			if wrong++; wrong <= 20 {
				t.Errorf("%+q after %s (day_or %t, draw %d):\ncroniter: %s\nhere:     %s", c.Expression, time.Unix(c.After, 0).UTC(), c.DayOr, c.Draw, want, got)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d expressions differ", wrong, len(cases))
	}
	if accepted < len(cases)/3 || refused < len(cases)/10 || ended < 100 || random < 100 || sixFields < 1000 {
		t.Errorf("%d accepted, %d refused, %d end, %d random, %d with seconds: a bad corpus", accepted, refused, ended, random, sixFields)
	}
	t.Logf("seed %d, %d expressions compared: %d accepted by both with the same times (%d of them end, %d with seconds, %d random), %d refused by both",
		seed, len(cases), accepted-wrong, ended, sixFields, random, refused)
}

func (a cronAnswer) String() string {
	if a.Refused != "" {
		return "refused: " + a.Refused
	}
	var b strings.Builder
	for _, at := range a.Times {
		b.WriteString(time.Unix(at, 0).UTC().Format("Mon 2006-01-02T15:04:05 "))
	}
	if a.Ends != "" {
		b.WriteString("ends: " + a.Ends)
	}
	return b.String()
}

// predictCron is what package cron makes of an expression.
func predictCron(c cronCase) cronAnswer {
	e, err := cron.ParseDrawing(c.Expression, func(field, n int) int {
		drawn := int(c.Draw>>field) % n
		if drawn != 0 && n < 0 {
			drawn += n // Python's remainder has the sign of the divisor
		}
		return drawn
	})
	if err != nil {
		return cronAnswer{Refused: err.Error()}
	}
	if !c.DayOr {
		e.RequireBothDays()
	}
	answer, at := cronAnswer{}, time.Unix(c.After, 0).UTC()
	for range 10 {
		next, found := e.Next(at)
		if !found {
			answer.Ends = "no more"
			break
		}
		answer.Times = append(answer.Times, next.Unix())
		at = next
	}
	return answer
}

// knownCron are expressions that implementations get wrong.
func knownCron() []cronCase {
	var cases []cronCase
	for _, expression := range []string{
		"0 0 * * sat-sun", "0 0 * * mon-sun", "0 0 1,15,L * *", "0 0 1,l * *", "0 0 * * 1-7/2", "0 0 * * 6-7/1", "0 0 * * 5#2,1",
		"0 0 * * *#1", "0 0 * * 1-5,L6", "0 0 1 ,2 * *", "0 0 1,30 * *", "0 0 1,l,30 2 *", "0 0 30 2 1", "0 0 31 2 *", "0 0 29 2 *",
		"0 0 * * 7 0", "0 0 0 * * 0", "0 0 1-30,l * *", "0 0 13 * 5", "0 0 13 * 5#2", "0 0 31 * 1#1", "0 0 13 * l5", "0 0 * * l7",
		"0 0 * * 5#2-9", "0 0 * * l5,5#1", "@daily", " @daily", "@Weekly", "@wee\u212aly", "@reboot", "? 0 * * *", "0 0 ? * *", "r r * * *",
		"h h * * *", "H(1-5)/2 0 * * *", "r(5-4) 0 * * *", "r(50-70) 0 * * *", "R/90 0 * * *", "0 0 5-l * *", "0 0 l-5 * *", "0 0 l/2 * *",
		"\u0663 \u0661 * * *", "0\u00a00 * * *", "0\x1c0 * * *", "0 0 * \u0130an *", "0 0 * * 0-6", "0 0 * * 0-7 0", "0 0 * * 1-7 0", "*/0 * * * *",
		"5/7 */5 * * *", "00 007 * * *", "0 0 * * sun-sun", "0 0 * * 5-0", "0 0 * * 5-00", "0 0 * * fri-SUN/2", "-5 0 * * *", "1- 0 * * *",
		"0 24 * * *", "60 0 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8", "", "   ", "* * * *", "* * * * * * *", "1-5/99999999999999999999 * * * *",
		"0 0 1 1 *#", "0 0 * * mon#1", "0 0 * * mon#0", "0 0 * * mon#6", "0 0 * * 1#5", "0 0 29 2 1#5", "0 0 * * *,l6", "0 0 1 * *,5",
	} {
		for _, dayOr := range []bool{true, false} {
			for _, after := range []string{"2023-02-14T10:11:12Z", "2024-02-28T23:59:59Z", "2099-12-31T23:59:30Z"} {
				at, err := time.Parse(time.RFC3339, after)
				if err != nil {
					panic(err)
				}
				cases = append(cases, cronCase{Expression: expression, After: at.Unix(), DayOr: dayOr, Draw: 3_141_592_653})
			}
		}
	}
	return cases
}

// cronGenerator makes expressions near the edges of the grammar.
type cronGenerator struct{ *rand.Rand }

func (g *cronGenerator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *cronGenerator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *cronGenerator) next() cronCase {
	c := cronCase{Expression: g.expression(), DayOr: !g.chance(30), Draw: g.Uint32()}
	c.After = time.Date(1990+g.IntN(120), time.Month(1+g.IntN(12)), 1+g.IntN(31), g.IntN(24), g.IntN(60), g.IntN(60), 0, time.UTC).Unix()
	if g.chance(20) {
		c.Draw = [...]uint32{0, 1, 59, 1<<32 - 1, 1 << 31}[g.IntN(5)]
	}
	return c
}

func (g *cronGenerator) expression() string {
	count := 5
	if g.chance(25) {
		count = 6
	}
	if g.chance(2) {
		count = g.IntN(9)
	}
	if g.chance(1) {
		return g.pick("", " ") + g.pick("@hourly", "@daily", "@MIDNIGHT", "@weekly", "@monthly", "@yearly", "@annually", "@reboot", "@", "@every 5m")
	}
	fields := make([]string, count)
	for i := range fields {
		fields[i] = g.field(i)
	}
	text := strings.Join(fields, g.pick(" ", " ", " ", " ", " ", "  ", "\t"))
	if g.chance(8) {
		text = g.mutated(text)
	}
	if g.chance(10) {
		text = strings.ToUpper(text)
	}
	return text
}

// field is one field; most are right, so that an expression has a chance to be.
func (g *cronGenerator) field(index int) string {
	switch {
	case g.chance(30):
		return "*"
	case g.chance(4):
		return g.hashed(index)
	}
	items := 1
	for g.chance(35) && items < 40 {
		items++
	}
	list := make([]string, items)
	for i := range list {
		list[i] = g.item(index)
	}
	return strings.Join(list, ",")
}

// limits are the least and greatest value of each field.
var limits = [][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}, {0, 59}}

func (g *cronGenerator) value(index int) string {
	low, high := 0, 59
	if index < len(limits) {
		low, high = limits[index][0], limits[index][1]
	}
	switch {
	case g.chance(2):
		return strconv.Itoa(g.IntN(110))
	case g.chance(3):
		return g.pick("-1", "+1", "x", "", "*", "l", "L5", "٣", "०", "1_0", "0x1", "1.0", "²", "99999999999999999999", "007")
	case g.chance(20):
		return strconv.Itoa([]int{low, high, low + 1, high - 1, low, high}[g.IntN(6)])
	case index == 3 && g.chance(40):
		return g.pick("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
	case index == 4 && g.chance(40):
		return g.pick("sun", "mon", "tue", "wed", "thu", "fri", "sat")
	}
	return strconv.Itoa(low + g.IntN(high-low+1))
}

func (g *cronGenerator) item(index int) string {
	switch {
	case index == 2 && g.chance(15):
		return g.pick("l", "l", "L", "15-l", "1-L", "l-3", "l/2", "28-l/2")
	case index == 4 && g.chance(18):
		return g.value(4) + "#" + g.pick("1", "2", "3", "4", "5", "5", "0", "6", "02", "2x", "1-2", "l", "")
	case index == 4 && g.chance(10):
		return "l" + g.value(4)
	}
	switch g.IntN(6) {
	case 0:
		return "*/" + g.step()
	case 1:
		return g.value(index) + "/" + g.step()
	case 2:
		return g.span(index)
	case 3:
		return g.span(index) + "/" + g.step()
	}
	return g.value(index)
}

// span is a range that mostly goes up.
func (g *cronGenerator) span(index int) string {
	from, to := g.value(index), g.value(index)
	low, err := strconv.Atoi(from)
	high, otherErr := strconv.Atoi(to)
	if err == nil && otherErr == nil && low > high && !g.chance(15) {
		from, to = to, from
	}
	if index == 4 && g.chance(20) {
		to = g.pick("sun", "0", "7", "00", "sat")
	}
	return from + "-" + to
}

func (g *cronGenerator) step() string {
	if g.chance(4) {
		return g.pick("0", "-1", "x", "", "*", "1/2", "00", "99999999999999999999", "٢")
	}
	return strconv.Itoa(1 + g.IntN([]int{3, 10, 70}[g.IntN(3)]))
}

func (g *cronGenerator) hashed(index int) string {
	text := g.pick("r", "r", "r", "h")
	if g.chance(60) {
		text += fmt.Sprintf("(%s-%s)", g.value(index), g.value(index))
	}
	if g.chance(50) {
		text += "/" + g.step()
	}
	return text
}

// mutated has one character changed, left out or added.
func (g *cronGenerator) mutated(text string) string {
	runes := []rune(text)
	if len(runes) == 0 {
		return text
	}
	at := g.IntN(len(runes))
	added := []rune(g.pick("*", "/", "-", ",", "#", "l", "?", " ", "0", "7", "31", "w", "(", "\u00a0", "\u2003", "\x1f", "İ", "é#1", "K"))
	switch g.IntN(3) {
	case 0:
		return string(slices.Delete(runes, at, at+1))
	case 1:
		return string(slices.Insert(runes, at, added...))
	}
	return string(slices.Replace(runes, at, at+1, added...))
}
