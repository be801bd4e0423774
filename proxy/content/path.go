package content

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
)

const (
	// maxStates bounds the table of one shape. The largest provider row needs a
	// few hundred; a shape beyond it has too many "**".
	maxStates = 1 << 14
	// maxFroms is how many different RoleFrom one shape may have; each object on
	// the way has one byte for each.
	maxFroms = 8
)

// paths is a compiled Shape: a deterministic automaton over the steps from the
// root of a body to a value. Immutable but for its pool.
type paths struct {
	nodes   []node
	root    int32            // the state of the root
	vocab   map[string]int32 // key -> id; the keys that may stand in a locator
	names   []string         // id -> key
	selects []Select
	from    []int8 // select -> index in froms, -1 for none
	froms   []from
	pool    sync.Pool // of *Walk: what a walk remembers of locators fits its shape
}

// A node is one state: where each step leads, and what a value here is.
type node struct {
	edges       []edge // by key, for keys that lead elsewhere than other
	other, elem int32
	sel         int32 // index of the first select that matches here, -1 for none
}

type edge struct{ key, next int32 }

// A from is a compiled RoleFrom.
type from struct {
	up   int // how many objects further out
	keys []string
}

// unknownKey is the id of a key outside the vocabulary.
const unknownKey = -1

// key returns the state behind a key in state s.
func (p *paths) key(s, key int32) int32 {
	n := &p.nodes[s]
	if key >= 0 {
		for _, e := range n.edges {
			if e.key == key {
				return e.next
			}
		}
	}
	return n.other
}

// A step is one step of a pattern.
type step struct {
	kind stepKind
	key  int32
}

type stepKind uint8

const (
	stepKey  stepKind = iota // this key
	stepAny                  // any key
	stepElem                 // any element
	stepDeep                 // any number of steps
)

// at is a position in a pattern.
type at struct{ pattern, step int32 }

// compile turns patterns into an automaton by subset construction. State 0 is
// the dead state, and the root's too when there are no patterns.
func compile(selects []Select) (*paths, error) {
	p := &paths{vocab: map[string]int32{}, selects: selects}
	patterns := make([][]step, len(selects))
	for i, s := range selects {
		var err error
		if patterns[i], err = p.parse(s.Path); err != nil {
			return nil, err
		}
		if err := p.addFrom(s); err != nil {
			return nil, err
		}
	}
	b := builder{paths: p, patterns: patterns, ids: map[string]int32{}}
	b.state(nil)
	root := make([]at, 0, len(patterns))
	for i := range patterns {
		root = append(root, at{int32(i), 0})
	}
	p.root = b.state(root)
	for done := 0; done < len(b.sets); done++ {
		if len(b.sets) > maxStates {
			return nil, fmt.Errorf("content: the %d paths of the shape need more than %d states", len(selects), maxStates)
		}
		b.expand(int32(done))
	}
	return p, nil
}

// parse reads a pattern and adds its keys to the vocabulary.
func (p *paths) parse(path string) ([]step, error) {
	var out []step
	if path == "" {
		return out, nil
	}
	for _, word := range strings.Split(path, ".") {
		elems := 0
		for strings.HasSuffix(word, "[*]") {
			word = strings.TrimSuffix(word, "[*]")
			elems++
		}
		switch {
		case word == "**":
			out = append(out, step{kind: stepDeep})
		case word == "*":
			out = append(out, step{kind: stepAny})
		case word != "":
			out = append(out, step{kind: stepKey, key: p.word(word)})
		case elems == 0:
			return nil, fmt.Errorf("content: path %q has an empty step", path)
		}
		for range elems {
			out = append(out, step{kind: stepElem})
		}
	}
	return out, nil
}

func (p *paths) word(key string) int32 {
	id, ok := p.vocab[key]
	if !ok {
		id = int32(len(p.names))
		p.vocab[key] = id
		p.names = append(p.names, key)
	}
	return id
}

func (p *paths) addFrom(s Select) error {
	if s.RoleFrom == "" {
		p.from = append(p.from, -1)
		return nil
	}
	f := from{keys: strings.Split(s.RoleFrom, ".")}
	for len(f.keys) > 0 && f.keys[0] == "^" {
		f.up++
		f.keys = f.keys[1:]
	}
	if len(f.keys) == 0 || slices.Contains(f.keys, "") || slices.Contains(f.keys, "^") {
		return fmt.Errorf("content: path %q: role_from %q does not end in a key", s.Path, s.RoleFrom)
	}
	i := slices.IndexFunc(p.froms, func(g from) bool { return g.up == f.up && slices.Equal(g.keys, f.keys) })
	if i < 0 {
		i = len(p.froms)
		if i == maxFroms {
			return fmt.Errorf("content: path %q: more than %d different role_from in one shape", s.Path, maxFroms)
		}
		p.froms = append(p.froms, f)
	}
	p.from = append(p.from, int8(i))
	return nil
}

// A builder makes the states.
type builder struct {
	*paths
	patterns [][]step
	ids      map[string]int32 // a set, as bytes -> its state
	sets     [][]at
}

// state returns the state of a set of positions, closed over "**".
func (b *builder) state(set []at) int32 {
	for i := 0; i < len(set); i++ { // set grows
		a := set[i]
		if steps := b.patterns[a.pattern]; int(a.step) < len(steps) && steps[a.step].kind == stepDeep {
			set = append(set, at{a.pattern, a.step + 1})
		}
	}
	slices.SortFunc(set, func(x, y at) int {
		if x.pattern != y.pattern {
			return int(x.pattern - y.pattern)
		}
		return int(x.step - y.step)
	})
	set = slices.Compact(set)
	name := make([]byte, 0, 8*len(set))
	for _, a := range set {
		name = binary.LittleEndian.AppendUint32(name, uint32(a.pattern))
		name = binary.LittleEndian.AppendUint32(name, uint32(a.step))
	}
	if id, ok := b.ids[string(name)]; ok {
		return id
	}
	id := int32(len(b.sets))
	b.ids[string(name)] = id
	b.sets = append(b.sets, set)
	n := node{sel: -1}
	for _, a := range set {
		if int(a.step) == len(b.patterns[a.pattern]) {
			n.sel = a.pattern // sets are sorted: the first is the lowest
			break
		}
	}
	b.nodes = append(b.nodes, n)
	return id
}

// expand fills in where state s leads.
func (b *builder) expand(s int32) {
	var keys []int32
	for _, a := range b.sets[s] {
		if steps := b.patterns[a.pattern]; int(a.step) < len(steps) && steps[a.step].kind == stepKey {
			keys = append(keys, steps[a.step].key)
		}
	}
	slices.Sort(keys)
	other := b.state(b.move(s, stepAny, unknownKey))
	elem := b.state(b.move(s, stepElem, unknownKey))
	var edges []edge
	for _, k := range slices.Compact(keys) {
		if next := b.state(b.move(s, stepKey, k)); next != other {
			edges = append(edges, edge{k, next})
		}
	}
	n := &b.nodes[s]
	n.edges, n.other, n.elem = edges, other, elem
}

// move returns the positions behind one step: a key (known or not) or an element.
func (b *builder) move(s int32, kind stepKind, key int32) []at {
	var out []at
	for _, a := range b.sets[s] {
		steps := b.patterns[a.pattern]
		if int(a.step) == len(steps) {
			continue
		}
		switch st := steps[a.step]; {
		case st.kind == stepDeep:
			out = append(out, a)
		case kind == stepElem && st.kind == stepElem,
			kind != stepElem && st.kind == stepAny,
			kind == stepKey && st.kind == stepKey && st.key == key:
			out = append(out, at{a.pattern, a.step + 1})
		}
	}
	return out
}
