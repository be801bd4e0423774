package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

var profileName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// Load reads policies/<name>.toml with what it includes. The error is
// [strict.Errors] and holds every mistake, or says which profiles there are.
func Load(fsys fs.FS, name string, c *rules.Catalogue) (*Policy, error) {
	if !profileName.MatchString(name) {
		return nil, unknownProfile(fsys, name)
	}
	p, err := Read(fsys, path.Join("policies", name+".toml"), c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unknownProfile(fsys, name)
	}
	return p, err
}

func unknownProfile(fsys fs.FS, name string) error {
	names := Profiles(fsys)
	return strict.Errors{{File: "policies", Msg: fmt.Sprintf("there is no profile %q among %s", name, strings.Join(names, ", ")), Hint: strict.Suggest(name, names)}}
}

// Profiles are the names that Load knows, sorted.
func Profiles(fsys fs.FS) []string {
	files, _ := fs.Glob(fsys, "policies/*.toml") // the only error is of the pattern
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, profileOf(f))
	}
	slices.Sort(names)
	return names
}

func profileOf(file string) string { return strings.TrimSuffix(path.Base(file), ".toml") }

// Read makes a policy of a file and of what it includes; its name without .toml
// is the profile. The error is [strict.Errors] with every mistake, or says that
// the file cannot be read.
func Read(fsys fs.FS, file string, c *rules.Catalogue) (*Policy, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", file, err)
	}
	return parse(fsys, file, data, c)
}

// Parse makes a policy of one file that includes no other. The error is
// [strict.Errors] and holds every mistake.
func Parse(file string, data []byte, c *rules.Catalogue) (*Policy, error) {
	return parse(nil, file, data, c)
}

func parse(fsys fs.FS, file string, data []byte, c *rules.Catalogue) (*Policy, error) {
	l := newLoader(c)
	l.read(fsys, file, data, nil)
	if l.own() == nil { // not even TOML
		return nil, l.errs.Err()
	}
	l.load()
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	p := l.p
	p.profile, p.title = profileOf(file), l.own().entry.Title
	p.revision = l.revision()
	return p, nil
}

// A source is one file of a policy.
type source struct {
	doc   *strict.Document
	entry *fileEntry
	data  []byte
}

// maxIncludes bounds how deep files include files.
const maxIncludes = 8

// own is the file that was asked for: its includes are read first.
func (l *loader) own() *source {
	if len(l.sources) == 0 {
		return nil
	}
	return l.sources[len(l.sources)-1]
}

// read appends a file behind the files that it includes. above are the files on
// the way to it.
func (l *loader) read(fsys fs.FS, file string, data []byte, above []string) {
	s := &source{entry: &fileEntry{}, data: data}
	var err error
	s.doc, err = strict.Decode(file, data, s.entry)
	if s.doc == nil {
		l.errs.Add(err)
		return
	}
	if f := s.entry.Format; f > Format {
		// What else is wrong may be right there.
		l.errs.Add(s.doc.Errorf("format", "this file is for a newer promptgate: its format is %d, and this one reads up to %d", f, Format))
		l.sources = append(l.sources, s)
		return
	} else if f < 1 && s.doc.Has("format") {
		l.errs.Add(s.doc.Errorf("format", "formats are counted from 1"))
	}
	l.errs.Add(err)
	above = append(slices.Clone(above), file)
	for i, name := range s.entry.Include {
		l.include(fsys, s, fmt.Sprintf("include[%d]", i), name, above)
	}
	l.sources = append(l.sources, s)
}

func (l *loader) include(fsys fs.FS, s *source, at, name string, above []string) {
	target := path.Join(path.Dir(s.doc.File()), name)
	switch {
	case fsys == nil:
		l.errs.Add(s.doc.Errorf(at, "a policy that stands alone cannot include another"))
	case path.IsAbs(name) || !fs.ValidPath(target):
		l.errs.Add(s.doc.Errorf(at, "an include is a path below the directory of policies"))
	case slices.Contains(above, target):
		l.errs.Add(s.doc.Errorf(at, "this includes itself, by way of %s", strings.Join(above, ", ")))
	case len(above) >= maxIncludes:
		l.errs.Add(s.doc.Errorf(at, "files include files at most %d deep", maxIncludes))
	case slices.ContainsFunc(l.sources, func(o *source) bool { return o.doc.File() == target }):
		// By two ways: once is enough.
	default:
		data, err := fs.ReadFile(fsys, target)
		if err != nil {
			l.errs.Add(s.doc.Errorf(at, "there is no such file that can be read"))
			return
		}
		l.read(fsys, target, data, above)
	}
}

// revision covers what a decision depends on besides the message.
func (l *loader) revision() string {
	h := sha256.New()
	for _, s := range l.sources {
		fmt.Fprintf(h, "%d\x00", len(s.data))
		h.Write(s.data)
	}
	for _, t := range l.c.InfoTypes() {
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s", t.Name, t.Group, t.Severity)
	}
	for _, r := range l.c.Rules() {
		fmt.Fprintf(h, "\x01%s\x00%s\x00%s", r.ID, r.InfoType, r.Severity)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
