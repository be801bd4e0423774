package content

import (
	"fmt"
	"strings"
	"testing"
)

// The first path that matches decides, whatever the others are.
func TestPaths(t *testing.T) {
	paths := []string{"a.b", "a.*", "a[*]", "a[*].b", "**.meta.*", "**.deep[*]", "x.**", "y[*][*]", "*.any", ""}
	s := compiled(t, &Shape{})
	for _, p := range paths {
		s.Select = append(s.Select, Select{Path: p, Do: Read, Role: Role(p)})
	}
	compiled(t, s)
	tests := []struct {
		steps string // keys, and # for an element
		want  string
	}{
		{"", ""}, {"a b", "a.b"}, {"a c", "a.*"}, {"a #", "a[*]"}, {"a # b", "a[*].b"}, {"a # c", "-"}, {"meta q", "**.meta.*"}, {"u # v meta q", "**.meta.*"},
		{"u meta", "-"}, {"a meta", "a.*"}, {"deep #", "**.deep[*]"}, {"a # deep #", "**.deep[*]"}, {"x", "x.**"}, {"x # q r", "x.**"}, {"y # #", "y[*][*]"},
		{"y #", "-"}, {"q any", "*.any"}, {"# any", "-"}, {"nothing", "-"}, {"meta meta", "**.meta.*"}, {"meta meta meta", "**.meta.*"},
	}
	for _, tt := range tests {
		state := s.paths.root
		for _, step := range strings.Fields(tt.steps) {
			if step == "#" {
				state = s.paths.nodes[state].elem
				continue
			}
			id, ok := s.paths.vocab[step]
			if !ok {
				id = unknownKey
			}
			state = s.paths.key(state, id)
		}
		got := "-"
		if sel := s.paths.nodes[state].sel; sel >= 0 {
			got = s.Select[sel].Path
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.steps, got, tt.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	var many, deep []Select
	for i := range maxFroms + 1 {
		many = append(many, Select{Path: "a", RoleFrom: fmt.Sprintf("r%d", i)})
	}
	for i := range 24 {
		deep = append(deep, Select{Path: fmt.Sprintf("**.a%d.*.*.*.*.*.*.*.*.z", i)})
	}
	for name, sel := range map[string][]Select{
		"empty step":           {{Path: "a..b"}},
		"dot at the end":       {{Path: "a."}},
		"role without a key":   {{Path: "a", RoleFrom: "^"}},
		"role that turns back": {{Path: "a", RoleFrom: "a.^.b"}},
		"too many roles":       many,
		"too many states":      deep,
	} {
		if err := (&Shape{Select: sel}).Compile(); err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
	w, r := walked(t, &Shape{Select: []Select{{Path: "a..b", Do: Skip}}}, Media{}, Limits{}, `{"a":"x"}`)
	defer w.Release()
	if len(r.docs) != 1 {
		t.Error("a shape that does not compile is not walked as the zero shape")
	}
}

func TestIdentifier(t *testing.T) {
	yes := []string{"", "gpt-5", "gpt-4o-2024-08-06", "gpt-4o-realtime-preview-2024-12-17", "user", "image_asset_pointer", "Europe/Warsaw", "1.0", "2026-11-25",
		"0f0c2b1e-0000-4000-8000-000000000001", "11111111-2222-4333-8444-555555555555", "file_000000001111", "sediment://file_000000001111",
		"resp_68a1f09c0d2c8190a7d4f1234567890123456789abcdef01", "call_7Gk2mP9xQ4vL8sT1wZ3yB6nR", "ft:gpt-4o-mini:Acme:x:7p4lURel9", "SHA256", "local.continue_in_work"}
	no := []string{"a b", "marta@example.com", "4111111111111111", "4111-1111-1111-1111", "card_4111111111111111", "file-4111111111111111", "078-05-1120", "+442079460958", "QQ123456C",
		"GB33BUKB20201555555555", "AKIAIOSFODNN7EXAMPLE", "ghp_" + strings.Repeat("aB3", 12), "sk_live_" + strings.Repeat("x9Q", 8), "a\nb", "é", strings.Repeat("a", 129),
		strings.Repeat("0a", 16), "943.476.5919"}
	for _, v := range yes {
		if !identifier([]byte(v)) {
			t.Errorf("%q is no identifier", v)
		}
	}
	for _, v := range no {
		if identifier([]byte(v)) {
			t.Errorf("%q is an identifier", v)
		}
	}
}
