package redact

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// What was JSON is JSON with the values in it, what was none goes on as it is but for
// its strings, and neither depends on the cut.
func FuzzRestoreJSON(f *testing.F) {
	tab := table(f, vault(f), "anna")
	mail, odd := token(f, tab, "EMAIL", "anna@example.com"), token(f, tab, "PASSWORD", "a\"b\\c\nd")
	f.Add(`{"a":"`+mail+`","b":[1,"\u005b`+odd[1:]+`",{"c":null}]}`, 7)
	f.Add(`["\ud83d\ude00`+mail+`\\","https:\/\/x\/`+mail+`"]`, 20)
	f.Add(`{"arguments":{"a":["`+mail+`"]},"x":"`+odd+`"}`, 3)
	f.Add(`"`+mail, 5)
	f.Add(`{"a":"\u00`, 8)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		whole := whole(tab, JSON, text)
		if cut = min(max(cut, 0), len(text)); cut > 0 {
			r := NewRestorer(tab, kinds, JSON)
			parts := string(r.Write([]byte(text[:cut])))
			parts += string(r.Write([]byte(text[cut:])))
			if parts += string(r.Close()); parts != whole {
				t.Fatalf("%q cut at %d is %q, and whole %q", text, cut, parts, whole)
			}
		}
		if !json.Valid([]byte(text)) {
			return
		}
		if !json.Valid([]byte(whole)) {
			t.Fatalf("%q became %q", text, whole)
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil || json.Unmarshal([]byte(whole), &after) != nil {
			return
		}
		if !sameShape(before, after, tab) {
			t.Fatalf("%q became %q", text, whole)
		}
	})
}

// sameShape reports whether two values differ in strings alone, and there as a text of
// its own would.
func sameShape(a, b any, tab *Table) bool {
	switch a := a.(type) {
	case string:
		s, ok := b.(string)
		return ok && (strings.ContainsRune(a, '\uFFFD') || s == whole(tab, Plain, a))
	case []any:
		l, ok := b.([]any)
		if !ok || len(l) != len(a) {
			return false
		}
		for i := range a {
			if !sameShape(a[i], l[i], tab) {
				return false
			}
		}
		return true
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(m) != len(a) {
			return false
		}
		for k := range a {
			if !sameShape(a[k], m[k], tab) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
