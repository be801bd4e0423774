package gazetteer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// How far down its list a surname of the English list, which is in order of
// frequency, is common.
const commonSurnames = 3000

// Pack makes the table from a directory of lists. It is the same for the same
// lists. The error names a file and line.
func Pack(dir fs.FS) ([]byte, error) {
	p := packer{info: make(map[uint64]Info)}
	if err := p.names(dir, "given", givenBits); err != nil {
		return nil, err
	}
	if err := p.names(dir, "surname", surnameBits); err != nil {
		return nil, err
	}
	// An ordinary word that few people are called is no common name.
	err := p.lines(dir, "ordinary.txt", func(line string) error {
		for w := range strings.FieldsSeq(line) {
			h := Hash([]byte(w))
			if i := p.info[h]; i.Name() {
				p.info[h] = i | 1<<ordinaryBit
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = p.lines(dir, "places.txt", func(line string) error {
		p.info[Hash([]byte(line))] |= 1 << placeBit
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = p.lines(dir, "figures.txt", func(line string) error {
		for name := range strings.SplitSeq(line, ";") {
			p.info[Hash([]byte(strings.TrimSpace(name)))] |= 1 << figureBit
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := p.lines(dir, "classes.txt", p.class); err != nil {
		return nil, err
	}
	return p.table()
}

type packer struct {
	info map[uint64]Info
}

// names reads the lists of one kind of name.
func (p *packer) names(dir fs.FS, kind string, bits int) error {
	files, err := fs.Glob(dir, kind+".*.txt")
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("gazetteer: no list of kind %s", kind))
	}
	seen := make(map[uint64]int) // in how many lists
	for _, f := range files {
		here := make(map[uint64]bool)
		english := path.Base(f) == "surname.en.txt"
		err := p.lines(dir, f, func(line string) error {
			for w := range strings.FieldsSeq(line) {
				h := Hash([]byte(w))
				if here[h] {
					continue
				}
				here[h] = true
				seen[h]++
				if kind == "surname" && (!english || len(here) <= commonSurnames) {
					seen[h]++
				}
				if i := strings.TrimSuffix(w, "ski"); kind == "surname" && i != w { // her name
					her := Hash([]byte(i + "ska"))
					seen[her] += 2
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for h, n := range seen {
		p.info[h] |= Info(min(n, 2)) << bits
	}
	return nil
}

// class reads one line of classes.txt.
func (p *packer) class(line string) error {
	name, words, ok := strings.Cut(line, ":")
	c := slices.Index(classNames[:], name)
	if !ok || c <= 0 {
		return errors.New("want the name of a class, a colon and words")
	}
	for w := range strings.FieldsSeq(words) {
		h := Hash([]byte(w))
		if p.info[h].Class() == None {
			p.info[h] |= Info(c) << classBits
		}
	}
	return nil
}

// lines calls f for each line that is neither empty nor a comment.
func (p *packer) lines(dir fs.FS, name string, f func(string) error) error {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return fmt.Errorf("gazetteer: %w", err)
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		s := strings.TrimSpace(string(line))
		if s == "" || s[0] == '#' {
			continue
		}
		if err := f(s); err != nil {
			return fmt.Errorf("gazetteer: %s:%d: %w", name, n, err)
		}
	}
	return nil
}

// table places every entry, in the order of their hashes.
func (p *packer) table() ([]byte, error) {
	if len(p.info) > tableSize*3/4 {
		return nil, fmt.Errorf("gazetteer: %d entries are too many for %d slots", len(p.info), tableSize)
	}
	hashes := make([]uint64, 0, len(p.info))
	for h := range p.info {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	slots := make([]uint32, tableSize)
	for _, raw := range hashes {
		h := mix(raw)
		mark := uint32(h>>16)&0xFFFF | 1
		i := uint32(h >> (64 - tableBits))
		for slots[i] != 0 {
			i = (i + 1) & (tableSize - 1)
		}
		slots[i] = mark<<16 | uint32(p.info[raw])
	}
	out := make([]byte, 0, tableSize*4)
	for _, s := range slots {
		out = binary.LittleEndian.AppendUint32(out, s)
	}
	return out, nil
}
