package framework

import "strings"

// Nearest returns the name that was probably meant, or "" if none is close. It ignores case.
func Nearest(given string, names []string) string {
	best, least := "", len(given)/3+1
	for _, name := range names {
		if d := distance(strings.ToLower(given), strings.ToLower(name)); d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// distance is how many characters must be added, removed or replaced.
func distance(a, b string) int {
	left, right := []rune(a), []rune(b)
	row := make([]int, len(right)+1)
	for j := range row {
		row[j] = j
	}
	for i, l := range left {
		diagonal := row[0]
		row[0] = i + 1
		for j, r := range right {
			cost := diagonal
			if l != r {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(right)]
}
