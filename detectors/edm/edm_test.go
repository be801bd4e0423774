package edm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/keyed"
)

var testKey = bytes.Repeat([]byte{7}, keyed.KeySize)

// customers are made up; the accounts have no bank.
const customers = `id,name,account,born,mail,city
100017,Anna Maria Sommerfeld,DE00 1234 5678 9012 3456 78,1985-03-12,anna.s@kontor.example,Husum
100018,"Birkholz, Jonas",4711-0815-99,03.11.1972,jb@kontor.example,Kiel
100019,Émile Descôteaux,0098765432,1990-12-31,,Brest
100020,Jo,12,2001-01-01,,
`

var all = []string{"name", "account", "born", "mail"}

func build(t *testing.T, data string, s Shape, columns []string) *Index {
	t.Helper()
	rows, err := CSV(strings.NewReader(data), ',', columns)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.edm")
	if _, err := Build(context.Background(), file, testKey, s, rows, Options{}); err != nil {
		t.Fatal(err)
	}
	x, err := Open(file, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func customerIndex(t *testing.T, any int) *Index {
	return build(t, customers, Shape{Label: "customers", Columns: len(all), Any: any, Within: 300}, all)
}

func engineOf(t *testing.T, x *Index) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{Plain: true, Key: testKey}, New(x))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func scan(t *testing.T, x *Index, text string) []detectors.Finding {
	t.Helper()
	found, _ := engineOf(t, x).Scan([]byte(text), engine.Options{})
	return found
}

// Two values of one row are found, in whatever form they are written, and their
// span is from the first to the last.
func TestTwoColumnsOfOneRowAreFound(t *testing.T) {
	x := customerIndex(t, 2)
	for name, value := range map[string]string{
		"name and account":       "Anna Sommerfeld has the account DE00123456789012345678",
		"account first":          "DE00-1234-5678-9012-3456-78 (Sommerfeld, Anna)",
		"name and date":          "ANNA MARIA SOMMERFELD, born 12.03.1985",
		"date in words":          "sommerfeld anna was born on 12 March 1985",
		"date, American":         "March 12, 1985: Anna M. Sommerfeld",
		"date, ambiguous":        "Jonas Birkholz 11/03/1972",
		"date and mail":          "1985-03-12 anna.s@kontor.example",
		"letters beyond ASCII":   "émile descôteaux 0098765432",
		"account and date":       "0098765432 was opened for somebody born 31/12/1990",
		"numbers with a hyphen":  "J. Birkholz? Jonas Birkholz: 4711081599",
		"the whole row, at once": "Anna Maria Sommerfeld,DE00 1234 5678 9012 3456 78,1985-03-12,anna.s@kontor.example",
	} {
		text := "Please write a letter. " + value + " asks for it."
		found := scan(t, x, text)
		if len(found) != 1 {
			t.Errorf("%s: %v, want one finding", name, found)
			continue
		}
		f := found[0]
		if f.Type != Type || f.Rule != Rule || f.Confidence.Level() != detectors.High || !f.Late {
			t.Errorf("%s: %+v", name, f)
		}
		if f.Span.Start < len("Please write a letter. ") || f.Span.End > len(text)-len(" asks for it.") {
			t.Errorf("%s: span %v", name, f.Span)
		}
		if f.Evidence[0].Name != "table:customers" || len(f.Evidence) < 3 {
			t.Errorf("%s: evidence %v", name, f.Evidence)
		}
	}
}

func TestWhatIsNotOneRowIsNotFound(t *testing.T) {
	x := customerIndex(t, 2)
	for name, text := range map[string]string{
		"one value":              "The account is 0098765432.",
		"one value, twice":       "0098765432 or 0098765432",
		"of two rows":            "Jonas Birkholz, born 12.03.1985, account 0098765432",
		"other values":           "Anna Sommerfeld, born 13.03.1985, account DE00123456789012345679",
		"far apart":              "Anna Sommerfeld" + strings.Repeat(" and so on", 40) + " 12.03.1985",
		"half a number":          "Émile Descôteaux 98765432",
		"part of a name":         "Anna 12.03.1985",
		"words only":             "Anna Sommerfeld from Husum",
		"number in a longer one": "Émile Descôteaux 10098765432",
		"short values":           "Jo 12 2001-01-02",
	} {
		if found := scan(t, x, text); len(found) != 0 {
			t.Errorf("%s: %v, want nothing", name, found)
		}
	}
}

func TestThreeOfARowCanBeAskedFor(t *testing.T) {
	x := customerIndex(t, 3)
	if found := scan(t, x, "Anna Sommerfeld, 12.03.1985"); len(found) != 0 {
		t.Errorf("two are enough: %v", found)
	}
	if found := scan(t, x, "Anna Sommerfeld, 12.03.1985, anna.s@kontor.example"); len(found) != 1 {
		t.Errorf("three: %v", found)
	}
}

// Each of the others may be near the anchor and they all too far apart.
func TestARowThatIsWrittenWideIsNotFound(t *testing.T) {
	x := customerIndex(t, 3)
	apart := strings.Repeat(" and so on", 20)
	if found := scan(t, x, "Anna Sommerfeld"+apart+" 12.03.1985"+apart+" anna.s@kontor.example"); len(found) != 0 {
		t.Errorf("%v, want nothing", found)
	}
}

// Where the blocks of the engine end does not matter.
func TestARowMayStandAcrossBlocks(t *testing.T) {
	x := customerIndex(t, 2)
	const row = "Anna Sommerfeld, born on 12 March 1985"
	for before := 4096 - len(row) - 2; before < 4096+2; before++ {
		found := scan(t, x, strings.Repeat("a ", before/2)+strings.Repeat(".", before%2)+row+strings.Repeat(" b", 300))
		if len(found) != 1 || found[0].Span.Start != before || found[0].Span.Len() != len(row) {
			t.Fatalf("behind %d bytes: %v", before, found)
		}
	}
}

func TestTheIndexHoldsNoClearValue(t *testing.T) {
	rows, err := CSV(strings.NewReader(customers), ',', all)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.edm")
	if _, err := Build(context.Background(), file, testKey, Shape{Label: "customers", Columns: 4, Any: 2, Within: 300}, rows, Options{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"sommerfeld", "birkholz", "account", "kontor", "0098765432", "19850312", "1985", string(testKey)} {
		if bytes.Contains(bytes.ToLower(data), []byte(v)) {
			t.Errorf("%d bytes of a value stand in the index", len(v))
		}
	}
	if _, err := Open(file, bytes.Repeat([]byte{8}, keyed.KeySize)); !errors.Is(err, keyed.ErrKey) {
		t.Errorf("another key: %v", err)
	}
	for n := range data {
		if _, err := parse(data[:n], keyOfTests(t)); err == nil {
			t.Fatalf("%d of %d bytes are an index", n, len(data))
		}
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 0xFF
		if x, err := parse(bad, keyOfTests(t)); err == nil {
			scan(t, x, customers)
		}
	}
}

func TestMistakesInATableHaveTheirPlace(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"no header": {"", "header line"},
		"no column": {"id,named\n1,x\n", `no column is called "name"; the header has id, named`},
		"short row": {"id,name\n1,x\n2\n", "line 3 has 1 fields"},
	} {
		rows, err := CSV(strings.NewReader(tt.data), ',', []string{"id", "name"})
		for err == nil {
			_, err = rows.Next()
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	for name, s := range map[string]Shape{
		"no label": {Columns: 2, Any: 2, Within: 300}, "one column": {Label: "x", Columns: 1, Any: 2, Within: 300},
		"more than there are": {Label: "x", Columns: 2, Any: 3, Within: 300}, "too far": {Label: "x", Columns: 2, Any: 2, Within: 5000},
	} {
		if _, err := Build(context.Background(), filepath.Join(t.TempDir(), "x"), testKey, s, nil, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	rows, err := CSV(strings.NewReader("a,b\none,two\n"), ',', []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(context.Background(), filepath.Join(t.TempDir(), "x"), testKey, Shape{Label: "x", Columns: 2, Any: 2, Within: 300}, rows, Options{}); !errors.Is(err, ErrAnchor) {
		t.Errorf("words only: %v", err)
	}
}

func TestMonthFirstDates(t *testing.T) {
	for _, tt := range []struct {
		order Order
		want  string
	}{{DayFirst, "19720311"}, {MonthFirst, "19721103"}} {
		if f, got := canonical(nil, []byte("11/03/1972"), tt.order); f != date || string(got) != tt.want {
			t.Errorf("%v: %s, want %s", tt.order, got, tt.want)
		}
	}
}

// Law L1: what is found does not depend on how the text was cut.
func TestCutsDoNotMatter(t *testing.T) {
	x := customerIndex(t, 2)
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "%s Anna Sommerfeld %d, 12.03.1985 and 0098765432 %s %s ", strings.Repeat("word ", i*3), i*104729, strings.Repeat("x", i), strings.Repeat("8 ", 30))
	}
	text := b.String()
	e := engineOf(t, x)
	want, _ := e.Scan([]byte(text), engine.Options{})
	if len(want) < 50 {
		t.Fatalf("only %d findings", len(want))
	}
	for _, size := range []int{1, 7, 301, 4095, 4097} {
		n := 0
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) {
			if n < len(want) && (f.Span != want[n].Span || fmt.Sprint(f.Evidence) != fmt.Sprint(want[n].Evidence)) {
				t.Errorf("writes of %d: %v, want %v", size, f, want[n])
			}
			n++
		}})
		for rest := text; len(rest) > 0; {
			k := min(size, len(rest))
			s.Write([]byte(rest[:k]))
			rest = rest[k:]
		}
		s.Close()
		s.Release()
		if n != len(want) {
			t.Errorf("writes of %d: %d findings, want %d", size, n, len(want))
		}
	}
}

func TestResetForgetsTheText(t *testing.T) {
	p := New(customerIndex(t, 2)).NewPass().(*pass)
	p.text = append(p.text, "Anna Sommerfeld"...)
	p.buf = append(p.buf, "anna"...)
	p.Reset()
	for _, b := range append(p.text[:cap(p.text)], p.buf[:cap(p.buf)]...) {
		if b != 0 {
			t.Fatal("text remains after Reset")
		}
	}
}

// manyRows makes n rows that no two of are alike.
type manyRows struct {
	n, at  int
	values [3][]byte
}

func (m *manyRows) Next() ([][]byte, error) {
	if m.at == m.n {
		return nil, io.EOF
	}
	m.at++
	i := m.at
	m.values[0] = fmt.Appendf(m.values[0][:0], "Name%d Family%d", i%7919, i%104729)
	m.values[1] = fmt.Appendf(m.values[1][:0], "%010d", i*7)
	m.values[2] = fmt.Appendf(m.values[2][:0], "%04d-%02d-%02d", 1940+i%70, 1+i%12, 1+i%28)
	return [][]byte{m.values[0], m.values[1], m.values[2]}, nil
}

// The size of ten million rows follows from that of a hundred thousand.
func TestRowsAreSmall(t *testing.T) {
	const rows = 100_000
	file := filepath.Join(t.TempDir(), "x.edm")
	r, err := Build(context.Background(), file, testKey, Shape{Label: "many", Columns: 3, Any: 2, Within: 300}, &manyRows{n: rows}, Options{})
	if err != nil || r.Used != rows {
		t.Fatal(r, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if per := float64(info.Size()) / rows; per > 30 {
		t.Errorf("%.1f bytes a row: ten million are %.0f MB, want less than 400", per, per*10)
	}
	x, err := Open(file, testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	m := &manyRows{n: 1}
	v, _ := m.Next()
	if found := scan(t, x, fmt.Sprintf("%s: %s", v[0], v[1])); len(found) != 1 {
		t.Errorf("%v, want one finding", found)
	}
	alarms := 0
	e := engineOf(t, x)
	for i := range 2000 { // numbers and names of the table, of different rows
		if found, _ := e.Scan(fmt.Appendf(nil, "Name%d Family%d %010d", i%7919, i%104729, 7*(i+5000)), engine.Options{}); len(found) > 0 {
			alarms++
		}
	}
	if alarms > 0 {
		t.Errorf("%d of 2,000 texts with values of two rows are found", alarms)
	}
}

func BenchmarkScan(b *testing.B) {
	file := filepath.Join(b.TempDir(), "x.edm")
	if _, err := Build(context.Background(), file, testKey, Shape{Label: "many", Columns: 3, Any: 2, Within: 300}, &manyRows{n: 1_000_000}, Options{}); err != nil {
		b.Fatal(err)
	}
	x, err := Open(file, testKey)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	e, err := engine.New(engine.Config{Plain: true, Key: testKey}, New(x))
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"prose":  strings.Repeat("The board of the society met in May to hear how the northern warehouse will be closed.\n", 200),
		"digits": strings.Repeat("2026-11-28 14:03:07 request 88213377 took 1234 ms at 10.1.2.3, 5521 rows, 99812345 bytes\n", 200),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Scan([]byte(text), engine.Options{})
			}
		})
	}
}

func keyOfTests(t *testing.T) keyed.Key {
	t.Helper()
	key, err := keyed.NewKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
