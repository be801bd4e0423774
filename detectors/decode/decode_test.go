package decode

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// fold rewrites a whole text and names the layers it undid.
func fold(text string, eof bool) (string, string) {
	var f Finder
	mark(&f, []byte(text), 0)
	var out strings.Builder
	layers := map[Layer]bool{}
	var buf [8]byte
	i := 0
	for {
		at, c, ok := f.Next([]byte(text), 0, i, eof, buf[:0])
		out.WriteString(text[i:at])
		if !ok {
			out.WriteString(text[at:])
			break
		}
		out.Write(c.With)
		layers[c.Layer] = true
		i = at + c.Len
	}
	return out.String(), strings.Trim(fmt.Sprint(keys(layers)), "[]")
}

// mark tells f of what anchors say of text[from:]: every byte that may begin a
// hidden character, numbers, long tokens and the heads of two kinds of keys.
func mark(f *Finder, text []byte, from int) {
	number := func(i int) bool { return isDigit(text[i]) || i > 0 && joins(text[i]) && isDigit(text[i-1]) }
	token := func(i int) bool { return isToken(text[i]) }
	for i, b := range text[from:] {
		end := from + i + 1
		if b >= 0x80 || strings.IndexByte("%\\&=", b) >= 0 {
			f.Mark(end - 1)
		}
		if runs(end, minPart, number) {
			f.Number(text, 0, end)
		}
		if runs(end, minKey, token) {
			f.Token(end)
		}
		for _, head := range []string{"sk-", "AKIA"} {
			if k := end - len(head); k >= 0 && string(text[k:end]) == head && (k == 0 || !isAlnum(text[k-1])) {
				f.Head(text, 0, end)
			}
		}
	}
}

// runs reports whether a run of what is in it becomes n long at end.
func runs(end, n int, in func(int) bool) bool {
	k := end
	for k > 0 && end-k <= n && in(k-1) {
		k--
	}
	return end-k == n
}

func keys(m map[Layer]bool) (out []Layer) {
	for _, l := range []Layer{Percent, Escape, Entity, Quoted, Invisible, Width, Homoglyph, Separator, Spaced, Wrapped} {
		if m[l] {
			out = append(out, l)
		}
	}
	return out
}

func TestHiddenCharacters(t *testing.T) {
	tests := []struct{ name, text, want, layers string }{
		{"percent", "4%31%31%31 x", "4111 x", "percent"},
		{"percent of a control stays", "a%00b%0d", "a%00b\r", "percent"},
		{"printf stays", "%d of %s, 100% sure, %zz", "%d of %s, 100% sure, %zz", ""},
		{"json escape", `card \u0034\u0031`, "card 41", "escape"},
		{"surrogates", `\ud835\udfd2`, "\U0001d7d2", "escape"},
		{"braces", `\u{34}`, "4", "escape"},
		{"hex escape", `\x34\x35`, "45", "escape"},
		{"escaped backslash", `\\u0034`, `\\u0034`, ""},
		{"bad escape", `\u00g4 \x4`, `\u00g4 \x4`, ""},
		{"decimal entity", "&#52;&#49;", "41", "entity"},
		{"hex entity", "&#x34;&#X31;", "41", "entity"},
		{"named entity", "a&commat;b&period;c", "a@b.c", "entity"},
		{"not an entity", "a && b &foo; &;", "a && b &foo; &;", ""},
		{"entity beyond Unicode", "&#99999999999;", "&#99999999999;", ""},
		{"quoted-printable", "=34=35 and", "45 and", "quoted"},
		{"soft break", "4539=\n1488", "45391488", "quoted"},
		{"pair where a break is near", "caf=C3=A9, 12=20\u20ac=\nnow", "caf\xc3\xa9, 12 \u20acnow", "quoted"},
		{"fields of a log", "level=DEBUG page=16 size=2048 ts=1732", "level=DEBUG page=16 size=2048 ts=1732", ""},
		{"query string", "?a=20&b=x", "?a=20&b=x", ""},
		{"zero width", "AK\u200bIA\u2060", "AKIA", "invisible"},
		{"soft hyphen", "pass\u00adword", "password", "invisible"},
		{"joiner between Persian letters", "می\u200cخواهم", "می\u200cخواهم", ""},
		{"emoji with selector", "\u2764\ufe0f", "\u2764\ufe0f", ""},
		{"bidi", "\u202e4539\u202c", "4539", "invisible"},
		{"marks on letters", "p\u0335a\u0337\u0322ss", "pass", "invisible"},
		{"keycaps", "4\ufe0f\u20e35\u20e3", "45", "invisible"},
		{"full width", "４５３９", "4539", "width"},
		{"mathematical", "\U0001d7d2\U0001d7d3 \U0001d400", "45 A", "width"},
		{"Arabic digits", "٤٥٣٩", "4539", "width"},
		{"Devanagari digits", "४५", "45", "width"},
		{"circled", "④⑤", "45", "width"},
		{"homoglyph in a Latin word", "pаssword", "password", "homoglyph"},
		{"Russian word", "пароль соседа", "пароль соседа", ""},
		{"Greek word", "κωδικός", "κωδικός", ""},
		{"hyphens between digits", "219\u201109\u20119998", "219-09-9998", "separator"},
		{"dash in prose", "word \u2014 word", "word \u2014 word", ""},
		{"no-break space between digits", "4539\u00a01488", "4539 1488", "separator"},
		{"French spacing", "Bonjour\u00a0!", "Bonjour\u00a0!", ""},
		{"accents stay", "café Müller naïve", "café Müller naïve", ""},
		{"spaced digits", "no. 4 5 3 9 1 4 8 8 0 a", "no. 453914880 a", "spaced"},
		{"dotted digits", "4.5.3.9.1.4.8.8.0.3.4", "45391488034", "spaced"},
		{"a row beside a number stays", "12 4 5 3 9 1 4 8 8 0", "12 4 5 3 9 1 4 8 8 0", ""},
		{"eight digits stay", "4 5 3 9 1 4 8 8 and", "4 5 3 9 1 4 8 8 and", ""},
		{"spaced letters and digits", "x: A K I A 2 B 3 C 4 D 5 E 6 F 7 G.", "x: AKIA2B3C4D5E6F7G.", "spaced"},
		{"a column of digits", "4\n5\n3\n9\n1\n4\n8\n8\n0\n3\n4\n3\n6\n4\n6\n7\n", "4539148803436467\n", "spaced"},
		{"data stays", strings.Repeat("1,0,", 100), strings.Repeat("1,0,", 100), ""},
		{"a number over two lines", "4539 1488\n0343 6467", "4539 1488 0343 6467", "wrapped"},
		{"a group over two lines", "4539 1488 03\r\n  43 6467", "4539 1488 03" + "43 6467", "wrapped"},
		{"a column of numbers", "4539148803\n4539148804\n4539148805\n", "4539148803\n4539148804\n4539148805\n", ""},
		{"a key over two lines", "sk-abc123def456\nghi789 end", "sk-abc123def456ghi789 end", "wrapped"},
		{"an assignment below", "sk-abc123def456\nghi789=end", "sk-abc123def456\nghi789=end", ""},
		{"another key below", "sk-abc123def456\nsk-ghi789jkl012", "sk-abc123def456\nsk-ghi789jkl012", ""},
		{"invalid bytes stay", "\xff\x804\xc3", "\xff\x804\xc3", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, layers := fold(tt.text, true)
			if got != tt.want || layers != tt.layers {
				t.Errorf("fold(%q) = %q by [%s], want %q by [%s]", tt.text, got, layers, tt.want, tt.layers)
			}
		})
	}
}

// The changes found in a text do not depend on how much of it was there when
// the search began.
func TestChangesDoNotDependOnCuts(t *testing.T) {
	pieces := []string{"4 5 3 9 1 4 ", "8.8.0.3.", "a|b|c|d|e|", "4539 1488\n", "0343 64", "\r\n  67", "sk-", "Ab3dEf6hIj9kLm2nOp5qRs8t", "Uv1w\n", "\n", "word ", "%34", "%3", "\\u0034", "\\", "&#52;", "&", "=3D=20", "=\n", "\u200b", "а", "pаss", "４", "9", "\u2011", "\u00a0", "é", "x\u0335", "\xff", "plain text of some length, with a comma "}
	rnd := rand.New(rand.NewPCG(7, 11))
	for range 400 {
		var text []byte
		for len(text) < 700 {
			text = append(text, pieces[rnd.IntN(len(pieces))]...)
		}
		want := changes(text, func(int) int { return len(text) })
		if got := changes(text, func(from int) int { return from + 1 + rnd.IntN(200) }); got != want {
			t.Fatalf("cut: %s\nwhole: %s\ntext %q", got, want, text)
		}
	}
}

// changes runs a Finder over a text that grows to more(from) each time.
func changes(text []byte, more func(from int) int) string {
	var f Finder
	var out strings.Builder
	var buf [8]byte
	end, i := 0, 0
	for {
		had := end
		end = min(more(end), len(text))
		mark(&f, text[:end], had)
		for {
			at, c, ok := f.Next(text[:end], 0, i, end == len(text), buf[:0])
			i = at
			if !ok {
				break
			}
			fmt.Fprintf(&out, "%d+%d=%q(%s) ", at, c.Len, c.With, c.Layer)
			i += c.Len
		}
		if end == len(text) {
			return out.String()
		}
	}
}

func gz(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

func zl(s string) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

func utf16le(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

func wrap(s string, n int, nl string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + nl)
		s = s[n:]
	}
	return b.String() + s
}

func TestRuns(t *testing.T) {
	const secret = "the customer's card is 4539 1488 0343 6467, please keep it safe for me"
	long := strings.Repeat(secret+"\n", 40)
	tests := []struct{ name, text, want, layers string }{
		{"base64", base64.StdEncoding.EncodeToString([]byte(secret)), secret, "[base64]"},
		{"base64 without padding", base64.RawStdEncoding.EncodeToString([]byte(secret)), secret, "[base64]"},
		{"base64 url", base64.RawURLEncoding.EncodeToString([]byte(secret + "???>>>")), secret + "???>>>", "[base64]"},
		{"behind a label", "data=" + base64.StdEncoding.EncodeToString([]byte(secret)), secret, "[base64]"},
		{"wrapped at 76", wrap(base64.StdEncoding.EncodeToString([]byte(long)), 76, "\r\n"), long, "[base64]"},
		{"wrapped at 64", wrap(base64.StdEncoding.EncodeToString([]byte(long)), 64, "\n"), long, "[base64]"},
		{"hex", hex.EncodeToString([]byte(secret)), secret, "[hex]"},
		{"upper-case hex", strings.ToUpper(hex.EncodeToString([]byte(secret))), secret, "[hex]"},
		{"base32", base32.StdEncoding.EncodeToString([]byte(secret)), secret, "[base32]"},
		{"gzip in base64", base64.StdEncoding.EncodeToString(gz(long)), long, "[base64 gzip]"},
		{"zlib in hex", hex.EncodeToString(zl(long)), long, "[hex zlib]"},
		{"UTF-16 in base64", base64.StdEncoding.EncodeToString(utf16le(secret)), secret, "[base64 utf16]"},
		{"a hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "", ""},
		{"an identifier", "TheQuickBrownFoxJumpsOverTheLazyDogAgainAndAgain", "", ""},
		{"a path", "usr/share/doc/packages/some-package-name/examples", "", ""},
		{"random bytes", base64.StdEncoding.EncodeToString([]byte{1, 200, 3, 255, 17, 130, 9, 77, 222, 4, 91, 180, 33, 250, 6, 140, 201, 2, 99, 143}), "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Runner
			d, ok, more := r.Decode([]byte(tt.text), 0, true)
			if more {
				t.Fatal("asks for more of a text that ended")
			}
			if ok != (tt.want != "") || ok && (string(d.Text) != tt.want || fmt.Sprint(d.Layers) != tt.layers) {
				t.Fatalf("Decode = %v %q by %v, want %q by %s", ok, d.Text, d.Layers, tt.want, tt.layers)
			}
			// The same answer when the text arrives byte by byte and goes on behind the run.
			grown := []byte(tt.text + " and more text behind it")
			for n := 1; n <= len(grown); n++ {
				g, gok, gmore := r.Decode(grown[:n], 0, n == len(grown))
				if gmore {
					continue
				}
				if gok != ok || gok && string(g.Text) != tt.want {
					t.Fatalf("with %d bytes: %v %q, want %v %q", n, gok, g.Text, ok, tt.want)
				}
				break
			}
		})
	}
}

func TestBombIsReported(t *testing.T) {
	bomb := base64.StdEncoding.EncodeToString(gz(strings.Repeat("0", 20<<20)))
	var r Runner
	d, ok, _ := r.Decode([]byte(bomb), 0, true)
	if !ok || d.Err != ErrBomb || len(d.Text) != maxPlain {
		t.Errorf("ok %v, err %v, %d bytes of text", ok, d.Err, len(d.Text))
	}
}

func TestRunsBeyondOneUnitGoOn(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("line of text 4539\n"), 10000))
	var r Runner
	seen := 0
	for i := 0; i < len(text); {
		d, ok, _ := r.Decode([]byte(text), i, true)
		if !ok {
			t.Fatalf("unit at %d is not decoded", i)
		}
		seen += len(d.Text)
		if d.End-d.Start > MaxUnit || d.End <= i {
			t.Fatalf("unit [%d,%d)", d.Start, d.End)
		}
		i = d.End
	}
	if seen != 180000 {
		t.Errorf("%d bytes decoded, want 180000", seen)
	}
}

func naturalText(t testing.TB) []byte {
	var out []byte
	files, _ := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", "net", "http", "*.go"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil && !strings.HasSuffix(f, "_test.go") {
			out = append(out, b...)
		}
	}
	if len(out) < 1<<19 {
		t.Skip("no Go tree to read")
	}
	return out
}

func TestOrdinaryCodeHidesLittle(t *testing.T) {
	text := naturalText(t)
	n := len(strings.Fields(changes(text, func(int) int { return len(text) })))
	if n > len(text)/2000 {
		t.Errorf("%d hidden characters in %d bytes of ordinary code", n, len(text))
	}
}

func FuzzUnit(f *testing.F) {
	for _, s := range []string{"4%31", `\ud835\udfd2`, "&#x1F600;", "=3D=\n", "p\u0335а４", "\xf0\x9d\x9f\x92\u200d"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			t.Skip()
		}
		want := changes(text, func(int) int { return len(text) })
		if got := changes(text, func(from int) int { return from + 1 }); got != want {
			t.Fatalf("byte by byte %s, whole %s", got, want)
		}
	})
}

func FuzzRun(f *testing.F) {
	f.Add([]byte(base64.StdEncoding.EncodeToString([]byte("the quick brown fox jumps over the lazy dog"))))
	f.Add([]byte(hex.EncodeToString(gz("hello hello hello hello"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r Runner
		d, ok, more := r.Decode(text, 0, true)
		if more || ok && (d.Start < 0 || d.End > len(text) || d.End <= d.Start) {
			t.Fatalf("more %v, run [%d,%d) of %d", more, d.Start, d.End, len(text))
		}
	})
}

func BenchmarkNextOnOrdinaryCode(b *testing.B) {
	text := naturalText(b)
	b.SetBytes(int64(len(text)))
	var buf [8]byte
	for b.Loop() {
		var f Finder
		mark(&f, text, 0)
		for i := 0; i < len(text); {
			at, c, ok := f.Next(text, 0, i, true, buf[:0])
			if i = at + c.Len; !ok {
				break
			}
		}
	}
}

// Looking at the first bytes of a run decides as decoding the head does.
func TestRunsAreAdmittedAsDecoded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	slow := func(p []byte) Layer {
		p = p[:plainRun(p)]
		if len(p) < MinRun {
			return none
		}
		p = bytes.TrimRight(p, "=")
		for _, c := range []Layer{Hex, Base32, Base64} {
			if !slices.ContainsFunc(p, func(b byte) bool { return !inAlphabet(b, c) }) && holds(p, c) {
				return c
			}
		}
		return none
	}
	admitted := 0
	for range 200_000 {
		plain := make([]byte, 8+rnd.IntN(40))
		for i := range plain {
			if plain[i] = byte(rnd.IntN(256)); rnd.IntN(16) > 0 {
				plain[i] = " etaoinsrhl\x00\xC3\xA9"[rnd.IntN(14)]
			}
		}
		switch rnd.IntN(4) {
		case 0:
			copy(plain, "\x78\x9C")
		case 1:
			for i := rnd.IntN(2); i < len(plain); i += 2 {
				plain[i] = 0
			}
		}
		var p []byte
		switch rnd.IntN(4) {
		case 0:
			p = hex.AppendEncode(nil, plain)
		case 1:
			p = base32.StdEncoding.AppendEncode(nil, plain)
		case 2:
			p = base64.URLEncoding.AppendEncode(nil, plain)
		default:
			p = base64.StdEncoding.AppendEncode(nil, plain)
		}
		if rnd.IntN(8) == 0 {
			p[rnd.IntN(len(p))] = "+-=/_ aZ7"[rnd.IntN(9)]
		}
		p = p[:min(len(p), head)]
		got, want := classify(p), slow(p)
		if got != want {
			t.Fatalf("%q is %q, want %q", p, got, want)
		}
		if got != none {
			admitted++
		}
	}
	if admitted < 10_000 {
		t.Errorf("only %d runs were admitted", admitted)
	}
}

// The rows of Unicode that are said to hold neither marks nor digits hold none.
func TestSignsAreNeitherMarksNorDigits(t *testing.T) {
	for r := range rune(0x3000) {
		if signs(r) && (unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Nd, r)) {
			t.Errorf("%U is a mark or a digit", r)
		}
	}
}

// What a head of a run may begin with is never refused by its first bytes when the
// whole head would do.
func TestFirstBytesRefuseNothingThatMayHold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 2_000_000 {
		var first [12]byte
		for i := range first {
			switch first[i] = byte(r.IntN(256)); {
			case r.IntN(3) == 0:
				first[i] = "\x00\x1f\x8b\x78\x9c\xff\xfe\xc3\xa4\xe2\x82a"[r.IntN(12)]
			case r.IntN(3) > 0:
				first[i] &= 0x7F
			}
		}
		if mayHold(first) {
			if held++; !mayBegin(first[0], first[1], first[2]) {
				t.Fatalf("% x may hold something and is refused", first)
			}
		}
	}
	if held < 10_000 {
		t.Errorf("only %d heads may hold anything", held)
	}
}
