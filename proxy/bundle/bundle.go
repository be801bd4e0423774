// Package bundle carries rules, policies, providers and messages to a fleet.
//
// A bundle is a compressed archive of a rules directory with a manifest: a serial
// number, the digest of each file, and an ed25519 signature over both. [Build]
// makes one, [Sign] signs it, [Open] takes one apart and believes nothing that the
// signature does not cover. [Fetcher] asks a server for newer ones.
//
// It promises that a bundle is whole or refused: a file too many, too few or
// changed, a path that leads out, a size without measure and an unknown format
// are errors. The same directory makes the same bytes.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Format is the version of bundles that this program reads and writes.
const Format = 1

// The bounds of a bundle.
const (
	MaxSize  = 64 << 20 // compressed, and again what it unpacks to
	maxFiles = 10_000
)

const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
)

// A Manifest says what a bundle holds.
type Manifest struct {
	Format  int               `json:"format"`
	Serial  int64             `json:"serial"` // grows with each bundle
	Created time.Time         `json:"created"`
	Name    string            `json:"name"`  // for people
	Files   map[string]string `json:"files"` // path → sha256
}

// Digest identifies the content: bundles of the same files have the same.
func (m Manifest) Digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		fmt.Fprintf(h, "%s\x00%s\n", name, m.Files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// A Bundle is one taken apart.
type Bundle struct {
	Manifest Manifest
	Signed   bool
	files    map[string][]byte
	manifest []byte // as it is signed
}

// Build makes an unsigned bundle of the files of a directory. Hidden files are
// left out.
func Build(fsys fs.FS, serial int64, name string, created time.Time) ([]byte, error) {
	b := Bundle{Manifest: Manifest{Format: Format, Serial: serial, Created: created.UTC().Truncate(time.Second), Name: name, Files: map[string]string{}}, files: map[string][]byte{}}
	size := 0
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		data, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		if size += len(data); size > MaxSize {
			return fmt.Errorf("more than %d MiB", MaxSize>>20)
		}
		b.files[path] = data
		b.Manifest.Files[path] = sum(data)
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("bundle: %w", err)
	case len(b.files) == 0:
		return nil, errors.New("bundle: the directory is empty")
	case len(b.files) > maxFiles:
		return nil, fmt.Errorf("bundle: more than %d files", maxFiles)
	}
	if b.manifest, err = json.MarshalIndent(b.Manifest, "", " "); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return b.write(nil)
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// Sign signs a bundle, in place of a signature that it has.
func Sign(data []byte, key ed25519.PrivateKey) ([]byte, error) {
	b, err := read(data)
	if err != nil {
		return nil, err
	}
	return b.write(ed25519.Sign(key, b.manifest))
}

func (b *Bundle) write(signature []byte) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	add := func(name string, data []byte) error {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err := archive.Write(data)
		return err
	}
	err := add(manifestName, b.manifest)
	if signature != nil && err == nil {
		err = add(signatureName, signature)
	}
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		if err == nil {
			err = add("files/"+name, b.files[name])
		}
	}
	if err := errors.Join(err, archive.Close(), zip.Close()); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return out.Bytes(), nil
}

// Open takes a bundle apart and checks it. With a key its signature must be by
// that key; nil takes what is not signed, for looking at it.
func Open(data []byte, key ed25519.PublicKey) (*Bundle, error) {
	b, err := read(data)
	if err != nil {
		return nil, err
	}
	if key != nil && !b.Signed {
		return nil, errors.New("bundle: it is not signed")
	}
	if key != nil && !ed25519.Verify(key, b.manifest, b.files[signatureName]) {
		return nil, errors.New("bundle: its signature is not by this key")
	}
	delete(b.files, signatureName)
	return b, nil
}

// read takes a bundle apart and checks all but the signature, which it leaves
// among the files.
func read(data []byte) (*Bundle, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("bundle: more than %d MiB", MaxSize>>20)
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("bundle: this is no bundle")
	}
	b := &Bundle{files: map[string][]byte{}}
	archive := tar.NewReader(io.LimitReader(zip, MaxSize+1<<20))
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.New("bundle: it is damaged, cut off or too large")
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, errors.New("bundle: it is damaged, cut off or too large")
		}
		name, inside := strings.CutPrefix(h.Name, "files/")
		switch {
		case h.Typeflag != tar.TypeReg || len(b.files) > maxFiles:
			return nil, errors.New("bundle: it holds something else than files, or too many")
		case h.Name == manifestName && b.manifest == nil:
			b.manifest = content
		case h.Name == signatureName && !b.Signed:
			b.files[signatureName], b.Signed = content, true
		case !inside || !fs.ValidPath(name) || b.files[name] != nil || name == signatureName:
			return nil, errors.New("bundle: it holds a file that does not belong into it")
		default:
			b.files[name] = content
		}
	}
	return b, b.check()
}

// check holds the files against the manifest.
func (b *Bundle) check() error {
	d := json.NewDecoder(bytes.NewReader(b.manifest))
	d.DisallowUnknownFields()
	if b.manifest == nil || d.Decode(&b.Manifest) != nil {
		var old struct {
			Format int `json:"format"`
		}
		if json.Unmarshal(b.manifest, &old) == nil && old.Format > Format {
			return fmt.Errorf("bundle: it is for a newer promptgate: its format is %d, and this one reads up to %d", old.Format, Format)
		}
		return errors.New("bundle: its manifest cannot be read")
	}
	if b.Manifest.Format != Format {
		return fmt.Errorf("bundle: its format is %d, and this promptgate reads %d", b.Manifest.Format, Format)
	}
	n := len(b.files)
	if b.Signed {
		n--
	}
	if n != len(b.Manifest.Files) {
		return errors.New("bundle: its manifest lists other files than it holds")
	}
	for name, want := range b.Manifest.Files {
		if data, there := b.files[name]; !there || sum(data) != want {
			return errors.New("bundle: a file is not as its manifest says")
		}
	}
	return nil
}

// Unpack writes the files into a directory that does not exist yet, which is
// there whole or not at all.
func (b *Bundle) Unpack(dir string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	defer os.RemoveAll(tmp)
	for name, data := range b.files {
		file := filepath.Join(tmp, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o700)
		if err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}
