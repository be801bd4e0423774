package content

// Quick reads a short body of JSON as a walk would, but only to tell its texts and
// facts: without locators, roles and the way back it costs a third. ok is false,
// and what was told may not be all, when something is there of which only a walk
// can say what it is: a gap, a text inside a text, a key that is text itself.
// text gets each text with its label, valid during the call, and ends the reading
// by returning false; fact gets each setting, with the locator of one that stands in
// the outermost object, and none of others.
func (s *Shape) Quick(body []byte, text func(t []byte, label string) bool, fact func(Fact)) (ok bool) {
	if s.paths == nil || s.Format != Auto && s.Format != JSON || len(body) < 2 || body[0] != '{' || body[1] == 0 {
		return false
	}
	w := NewWalk(s, Media{}, Limits{}, nil)
	q := quick{Walk: w, body: body, text: text, tell: fact}
	w.peek.reset(body, 0, w.limits.Nesting)
	ok = q.run()
	w.Release()
	return ok
}

// A quick is one such reading. Of the walk it uses what is pooled.
type quick struct {
	*Walk
	body []byte
	text func([]byte, string) bool
	tell func(Fact)
}

func (q *quick) run() bool {
	s := q.start()
	for {
		t := q.peek.next()
		switch t.kind {
		case tokenBad:
			return false
		case tokenEnd:
			return t.start == len(q.body)
		case tokenClose:
			q.frames = q.frames[:len(q.frames)-1]
			continue
		case tokenKey:
			key := q.body[t.start:t.end]
			id, known := q.paths.vocab[string(key)]
			if !known {
				id = unknownKey
			}
			if t.escaped || !known && !identifier(key) {
				return false
			}
			in := q.frames[len(q.frames)-1].in
			s = q.enter(in, q.paths.key(in.state, id))
			s.label = q.labelOf(id, key)
			continue
		}
		if n := len(q.frames); n > 0 && q.frames[n-1].kind == '[' {
			in := q.frames[n-1].in
			s = q.enter(in, q.paths.nodes[in.state].elem)
		}
		if !q.value(t, s) {
			return false
		}
	}
}

// value reads a scalar or opens a container.
func (q *quick) value(t token, s slot) bool {
	do, raw := q.do(s), q.body[t.start:t.end]
	if do > Setting && do != Credential && !(do == Twin && t.kind == tokenWord) {
		return false
	}
	setting := s.direct && do == Setting
	switch t.kind {
	case tokenOpen:
		if do == Credential {
			return false
		}
		if setting {
			q.fact(s, "present")
		}
		q.frames = append(q.frames, frame{in: s, kind: raw[0]})
	case tokenWord:
		if setting && (raw[0] == 't' || raw[0] == 'f') {
			q.fact(s, string(raw))
		}
	case tokenNumber:
		i := 0
		if raw[0] == '-' {
			i = 1
		}
		n := digits(raw, i) - i
		if n >= minDigits && (do == Read || do == Credential || n >= minIDDigits) {
			return false
		}
		if setting && (n >= minDigits || len(raw) > 32) {
			q.fact(s, Unlisted)
		} else if setting {
			q.fact(s, string(raw))
		}
	case tokenString:
		return q.string(t, s, do, raw)
	}
	return true
}

func (q *quick) string(t token, s slot, do Do, raw []byte) bool {
	switch {
	case len(raw) == 0:
		if s.direct && do == Setting {
			q.fact(s, "")
		}
		return true
	case do == Credential:
		return !t.escaped && tokenish(raw)
	case do != Read:
		if t.escaped || len(raw) > maxIdentifier || !identifier(raw) {
			return false
		}
		if do == Setting {
			q.fact(s, string(raw))
		}
		return true
	case len(raw) > 5 && raw[4] == ':' && raw[0]|0x20 == 'd': // data:, perhaps
		return false
	case t.escaped:
		var bad bool
		if q.scratch, bad = JSONString.appendText(q.scratch[:0], raw); bad {
			return false
		}
		raw = q.scratch
	}
	return q.text(raw, s.label)
}

func (q *quick) fact(s slot, value string) {
	f := Fact{Name: q.paths.selects[s.sel].Fact, Value: value}
	if len(q.frames) == 1 {
		f.Locator = s.label
	}
	if f.Name != "" {
		q.tell(f)
	}
}
