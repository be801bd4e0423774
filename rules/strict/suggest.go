package strict

import "strings"

// Suggest returns the candidate that word was probably meant to be, or "" when
// none is near: at most one edit (insert, delete, change, swap of neighbours)
// for every three letters, ignoring case and "-" for "_". The first of equals wins.
func Suggest(word string, candidates []string) string {
	fold := func(s string) []rune {
		return []rune(strings.ReplaceAll(strings.ToLower(s), "-", "_"))
	}
	w := fold(word)
	best, at := "", max(1, len(w)/3)+1
	for _, c := range candidates {
		if n := distance(w, fold(c)); n < at && n < len(w) {
			best, at = c, n
		}
	}
	return best
}

// distance is the optimal string alignment distance.
func distance(a, b []rune) int {
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
