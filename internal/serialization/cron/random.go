package cron

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

var chance = regexp.MustCompile(`^([hr])(?:\((\p{Nd}+)-(\p{Nd}+)\))?(?:/(\p{Nd}+))?$`)

// random replaces a random field by a drawn one: `r`, `r(10-20)`, `r/15` and `r(0-59)/15`.
func (p *parser) random(text string, draw Draw) (string, bool, error) {
	parts := chance.FindStringSubmatch(text)
	if parts == nil {
		return text, false, nil
	}
	if parts[1] == "h" {
		return "", true, fmt.Errorf("the %s is %s, a number hashed from an identifier, which Prefect does not provide; use a number", p.unit.name, text)
	}
	between, step := parts[2] != "", parts[4] != ""
	from, to := p.unit.min, p.unit.max
	if step {
		to = number(parts[4])
		if to == 0 {
			return "", true, fmt.Errorf("the %s has the step 0; use 1 or more", p.unit.name)
		}
	} else if between {
		from, to = number(parts[2]), number(parts[3])
	}
	choices := to - from + 1
	if choices == 0 {
		return "", true, errors.New("the " + p.unit.name + " is drawn from an empty range")
	}
	value := from + draw(p.index, choices)
	switch {
	case between && step:
		return fmt.Sprintf("%d-%s/%s", value+number(parts[2]), parts[3], parts[4]), true, nil
	case step:
		return fmt.Sprintf("%d-%d/%s", value, p.unit.max, parts[4]), true, nil
	}
	return strconv.Itoa(value), true, nil
}
