package adopt

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// names gives each object of one kind a unique name, ignoring case.
type names map[string]bool

// take returns the first free candidate, or the last one with a number.
func (n names) take(candidates ...string) string {
	for _, name := range candidates {
		if n.free(name) {
			return name
		}
	}
	last := candidates[len(candidates)-1]
	for i := 2; ; i++ {
		if name := fmt.Sprintf("%s_%d", last, i); n.free(name) {
			return name
		}
	}
}

func (n names) free(name string) bool {
	folded := strings.ToLower(name)
	if n[folded] {
		return false
	}
	n[folded] = true
	return true
}

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// label converts a name to a valid Terraform resource name.
func label(name, otherwise string) string {
	made := strings.Trim(notLabel.ReplaceAllString(strings.ToLower(name), "_"), "_")
	switch {
	case made == "":
		return otherwise
	case unicode.IsDigit(rune(made[0])):
		return otherwise + "_" + made
	}
	return made
}

var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// fileName converts a name to a valid file name on every system.
func fileName(name string) string {
	made := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*$%`, r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name)
	made = strings.TrimRight(made, ". ")
	if len(made) > 150 {
		made = strings.ToValidUTF8(made[:150], "")
	}
	if made == "" || made[0] == '.' || reserved.MatchString(made) {
		made = "_" + made
	}
	return made
}
