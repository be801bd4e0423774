package policy

// Coverage says which rules and connections the tests of a policy meet.
type Coverage struct {
	Met   int
	Never []Part // rules and connections that no test meets, in file order
}

// Coverage runs the tests and notes what they meet: a rule is met when it
// matches, a connection when it answers.
func (p *Policy) Coverage() (c Coverage) {
	met := map[string]bool{}
	for i := range p.tests {
		t := &p.tests[i]
		if t.conn != nil {
			met[p.Screen(*t.conn).Rule] = true
			continue
		}
		for _, id := range p.Decide(t.message).Rules {
			met[id] = true
		}
	}
	for _, x := range p.parts {
		switch {
		case x.Kind != "rule" && x.Kind != "connection":
		case met[x.ID]:
			c.Met++
		default:
			c.Never = append(c.Never, x)
		}
	}
	return c
}
