package adopt

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// names gives each object of one kind a name that no other has, whatever the case of its letters.
type names map[string]bool

// take is the first candidate that is free, or the last one with a number.
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

// label makes of a name what a resource of Terraform can be called.
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

// fileName makes of a name what a file can be called on every system.
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
