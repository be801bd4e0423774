package content

// roleCode is a looked-up role in one byte; 0 is not looked up yet.
type roleCode uint8

const (
	roleNone roleCode = iota + 1
	roleUser
	roleSystem
	roleAssistant
	roleTool
)

// A role field's values, as the protocols spell them.
func codeOf(v []byte) roleCode {
	switch string(v) {
	case "user":
		return roleUser
	case "system", "developer":
		return roleSystem
	case "assistant", "model":
		return roleAssistant
	case "tool", "function":
		return roleTool
	}
	return roleNone
}

func (c roleCode) role() Role {
	switch c {
	case roleUser:
		return RoleUser
	case roleSystem:
		return RoleSystem
	case roleAssistant:
		return RoleAssistant
	case roleTool:
		return RoleTool
	}
	return ""
}

// lookFactor bounds what is read ahead for roles in one walk, as a multiple of
// the body: nested objects that each look ahead would else cost their square.
const lookFactor = 4

// roleOf is whose words the value of s is.
func (w *Walk) roleOf(s slot) Role {
	if s.sel < 0 {
		return s.role
	}
	if f := w.paths.from[s.sel]; f >= 0 {
		if r := w.lookRole(s.base, int(f)).role(); r != "" {
			return r
		}
	}
	if r := w.paths.selects[s.sel].Role; r != "" {
		return r
	}
	return s.role
}

// lookRole finds the value of a RoleFrom, which may stand behind the text it
// is asked for, and remembers it in the object.
func (w *Walk) lookRole(base, from int) roleCode {
	for up := w.paths.froms[from].up; base >= 0; base-- {
		if w.frames[base].kind != '{' {
			continue
		}
		if up == 0 {
			break
		}
		up--
	}
	if base < 0 {
		return roleNone
	}
	f := &w.frames[base]
	if f.roles[from] == 0 {
		f.roles[from] = w.look(f.space, f.start, w.paths.froms[from].keys)
	}
	return f.roles[from]
}

// look is the role that the member at keys of the object at start names.
func (w *Walk) look(sp, start int, keys []string) roleCode {
	return codeOf(w.member(sp, start, keys))
}

// member reads the object at offset start up to the key of each step and returns
// the beginning of the string there, nil when there is none. It is valid until
// the next call.
func (w *Walk) member(sp, start int, keys []string) []byte {
	data := w.layers[sp].data
	budget := lookFactor*int64(len(w.layers[0].data)+len(data)) + 1<<16
	if w.looked >= budget {
		return nil
	}
	w.peek.reset(data, start, w.limits.Nesting)
	defer func() { w.looked += int64(w.peek.i - start) }()
	if t := w.peek.next(); t.kind != tokenOpen || data[t.start] != '{' {
		return nil
	}
	for {
		t := w.peek.next()
		if t.kind != tokenKey {
			return nil // the end of the object, or of what can be read
		}
		key := data[t.start:t.end]
		if t.escaped {
			w.short, _ = JSONString.appendText(w.short[:0], key)
			key = w.short
		}
		v := w.peek.next()
		if string(key) == keys[0] {
			switch {
			case len(keys) == 1 && v.kind == tokenString:
				w.short, _ = JSONString.appendText(w.short[:0], data[v.start:min(v.end, v.start+maxLabel)])
				return w.short
			case len(keys) > 1 && v.kind == tokenOpen && data[v.start] == '{':
				keys = keys[1:]
				continue
			}
			return nil
		}
		if v.kind == tokenBad || w.peek.skip(v) < 0 {
			return nil
		}
	}
}
