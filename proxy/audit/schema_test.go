package audit

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fullEvent has every field set.
func fullEvent() Event {
	e := event("block")
	fill(reflect.ValueOf(&e).Elem())
	e.Name, e.Time, e.Action, e.Verdict = MessageDecided, time.Date(2026, 11, 25, 10, 0, 0, 5000, time.UTC), "block", "approve"
	return e
}

// fill gives every field that is zero a value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(0.5)
	}
}

// The log's format is an interface to other programs: a change here is a
// change for them.
func TestSchemaGolden(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir})
	appended(t, l, fullEvent())
	least := event("allow")
	least.Verdict = "allow"
	appended(t, l, least)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	segments, _ := Segments(dir)
	data, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for line := range bytes.Lines(data) {
		if err := json.Indent(&got, bytes.TrimSpace(line), "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	file := filepath.Join("testdata", "schema.golden")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s:\n%s\nwant\n%s", file, got.Bytes(), want)
	}
}

func TestKeysAreTheNamesOfTelemetry(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "telemetry", "names.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			names[strings.Trim(l.Value, `"`)] = true
		}
		return true
	})
	keys := map[string]bool{strings.Trim(seqKey, `{":`): true}
	for f := range reflect.TypeFor[Event]().Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "" || keys[key] {
			t.Errorf("field %s has the key %q", f.Name, key)
		}
		keys[key] = true
	}
	for k := range keys {
		if !names[k] {
			t.Errorf("%s is not in telemetry/names.go", k)
		}
	}
}

// No record outgrows what recovery reads in one step, however long the lists.
func TestARecordIsBounded(t *testing.T) {
	e := fullEvent()
	long := strings.Repeat("x", 200)
	for range MaxFindings {
		e.Findings = append(e.Findings, Finding{Type: long, Rule: long, Locator: long, Role: "user", Evidence: []string{"luhn", "context:card"}})
	}
	for range MaxGaps {
		e.Gaps = append(e.Gaps, Gap{Cause: "tokens_as_numbers", Locator: long})
	}
	for range MaxFacts {
		e.Facts = append(e.Facts, Fact{long, long})
	}
	data, err := json.Marshal(e)
	if err != nil || len(data) > 80<<10 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// readable are the numbers of whole records, between torn lines.
func readable(t *testing.T, dir string) []uint64 {
	t.Helper()
	segments, err := Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []uint64
	for _, s := range segments {
		data, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if seq, ok := record(bytes.TrimSuffix(line, []byte("\n"))); ok {
				out = append(out, seq)
			}
		}
	}
	return out
}
