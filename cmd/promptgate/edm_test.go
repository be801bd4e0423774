package main

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// Rows of a query are taught like those of a file: numbers, dates and NULL as they
// are written.
func TestRecordsComeOutOfADatabase(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "crm 1?.db")
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer(" ", "%20", "?", "%3f").Replace(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE holders (id INTEGER, name TEXT, policy INTEGER, born DATE);
		INSERT INTO holders VALUES (1, 'Anna Sommerfeld', 98765432, '1985-03-12'), (2, 'Jonas Birkholz', NULL, '1972-03-11'), (3, NULL, NULL, NULL)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	try := func(stdin string, args ...string) (code int, out, said string) {
		var stdout, stderr bytes.Buffer
		p := &program{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, version: "test"}
		args = append([]string{args[0]}, append(args[1:], "--state-dir", dir)...)
		return p.run(t.Context(), args), stdout.String(), stderr.String()
	}
	code, out, said := try("", "edm", "build", "--label", "holders", "--columns", "name,policy,born", "--query", "select * from holders", file)
	if code != exitClean || !strings.HasPrefix(out, "holders: 3 rows") || !strings.Contains(said, "1 row cannot be found") {
		t.Fatalf("exit %d, %q, %q", code, out, said)
	}
	for text, want := range map[string]int{
		"Sommerfeld, Anna: 98765432\n":         exitFindings,
		"Jonas Birkholz, born 11 March 1972\n": exitFindings,
		"Jonas Birkholz: 98765432\n":           exitClean, // of two rows
	} {
		code, out, _ := try(text, "scan", "-")
		if got := strings.Contains(out, "pii.record"); got != (want == exitFindings) {
			t.Errorf("%s: exit %d, %q", text, code, out)
		}
	}
	for query, want := range map[string]string{
		"select name from holders": `no column is called "policy"; the query has name`,
		"select * from nobody":     "no such table",
		"delete from holders":      "readonly",
	} {
		if code, _, said := try("", "edm", "build", "--label", "x", "--columns", "name,policy", "--query", query, file); code == exitClean || !strings.Contains(said, want) {
			t.Errorf("%s: exit %d, %q", query, code, said)
		}
	}
}
