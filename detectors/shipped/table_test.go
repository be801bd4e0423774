package shipped_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// What a header says holds for every row below it, however long the table is
// and wherever it is cut; equal values have equal digests, others have not.
func TestAHeaderHoldsForEveryRow(t *testing.T) {
	_, e := load(t)
	var b strings.Builder
	b.WriteString("Please clean this export.\n\nid,full_name,passport_no,dob,comment\n")
	const rows = 500
	for i := range rows {
		fmt.Fprintf(&b, "%d,\"x, y\",%c%07d,19%02d-0%d-1%d,%s\n", i, 'A'+i%20, 4180000+i*7, 40+i%50, 1+i%9, i%10, strings.Repeat("w", i%40))
	}
	text := []byte(b.String())
	whole, _ := e.Scan(text, engine.Options{})
	digests := map[detectors.Digest]bool{}
	n := map[detectors.InfoType]int{}
	for _, f := range whole {
		n[f.Type]++
		if f.Type == "pii.passport" {
			digests[f.Digest] = true
		}
	}
	if n["pii.passport"] != rows || n["pii.date_of_birth"] != rows || len(digests) != rows {
		t.Fatalf("%d passports (%d distinct) and %d dates of birth in %d rows", n["pii.passport"], len(digests), n["pii.date_of_birth"], rows)
	}
	for name, row := range map[string]string{"html": "<tr><td>%d</td><td>%c%07d</td></tr>\n", "arrays": "[%d,\"%c%07d\"],\n"} {
		var b strings.Builder
		b.WriteString(map[string]string{"html": "<table><tr><th>id</th><th>passport_no</th></tr>\n", "arrays": `[["id","passport_no"],` + "\n"}[name])
		for i := range rows {
			fmt.Fprintf(&b, row, i, 'A'+i%20, 4180000+i*7)
		}
		found, _ := e.Scan([]byte(b.String()), engine.Options{})
		k := 0
		for _, f := range found {
			if f.Type == "pii.passport" {
				k++
			}
		}
		if k != rows {
			t.Errorf("%s: %d passports in %d rows", name, k, rows)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 20 {
		k := 0
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) {
			if f.Type == "pii.passport" {
				k++
			}
		}})
		for p := text; len(p) > 0; {
			m := min(1+r.IntN(3000), len(p))
			s.Write(p[:m])
			p = p[m:]
		}
		s.Close()
		s.Release()
		if k != rows {
			t.Fatalf("cut into pieces, %d passports in %d rows", k, rows)
		}
	}
}

func TestTables(t *testing.T) {
	_, e := load(t)
	tests := []struct {
		name, text string
		want       []string // TYPE value
	}{
		{"semicolons and quotes", "Vorname;Reisepassnummer;Ort\nAnna;\"C01X00T47\";Ulm\nKai;C4VLJ9T20;Bonn\n", []string{"pii.passport C01X00T47", "pii.passport C4VLJ9T20"}},
		{"tabs, no line break at the end", "mrn\tward\n483921\tA\n482244\tB", []string{"phi.medical_record_number 483921", "phi.medical_record_number 482244"}},
		{"markdown", "| Name | VIN | ok |\n|:--|---|--:|\n| a | 1HGCM82633A004352 | y |\n| b | 1M8GDM9AXKP042788 | n |\n", []string{"pii.vin 1HGCM82633A004352", "pii.vin 1M8GDM9AXKP042788"}},
		{"a box of mysql", "+----+-----------+\n| id | mac       |\n+----+-----------+\n|  1 | 3c:22:fb:9a:10:4e |\n|  2 | 3c:22:fb:9a:10:4f |\n+----+-----------+\n", []string{"pii.mac_address 3c:22:fb:9a:10:4e", "pii.mac_address 3c:22:fb:9a:10:4f"}},
		{"sql", "INSERT INTO `guests` (`id`, `passport_number`, `note`) VALUES\n(1, 'A12345678', 'it''s fine'), (2,'B87654321',NULL);", []string{"pii.passport A12345678", "pii.passport B87654321"}},
		{"html", "<table><thead>\n<tr><th>Guest</th><th class=x><b>Passport no</b></th></tr></thead>\n<tbody><tr><td>a</td><td>A12345678</td></tr>\n<tr><td>b</td>\n<td><i>B87654321</i></td></tr></tbody></table><p>C12345678</p>", []string{"pii.passport A12345678", "pii.passport B87654321"}},
		{"arrays of arrays", `[["id","passport_number"],[1,"A12345678"],[2,"B87654321"]] ["C12345678"]`, []string{"pii.passport A12345678", "pii.passport B87654321"}},
		{"columns and rows", "{\"columns\": [\"id\", \"passport_number\"],\n \"rows\": [\n [1, \"A12345678\"],\n [2, \"B87654321\"]\n ]}", []string{"pii.passport A12345678", "pii.passport B87654321"}},
		{"check digits still count", "nr,bsn\n1,111222333\n2,111222334\n3,123456782\n", []string{"pii.nl_bsn 111222333", "pii.nl_bsn 123456782"}},
		{"the table ends with an empty line", "id,passport\n1,A12345678\n\n2,B87654321\n", []string{"pii.passport A12345678"}},
		{"prose is no header", "The passport, visa, ticket\nand 12345678, 23456789, 34567890\n", nil},
		{"other columns are other things", "passport_status,order_no\nvalid,A12345678\nexpired,B87654321\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, _ := e.Scan([]byte(tt.text), engine.Options{})
			var got []string
			for _, f := range found {
				if f.Confidence >= detectors.Medium {
					got = append(got, string(f.Type)+" "+tt.text[f.Span.Start:f.Span.End])
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

// A statement that is source code as well keeps its values.
func TestSourceCodeDoesNotHideItsValues(t *testing.T) {
	_, e := load(t)
	text := "<table>\n<thead><tr><th>Guest</th><th>Passport no</th></tr></thead>\n<tbody>\n" + strings.Repeat("<tr><td>Roe</td><td>A12345678</td></tr>\n", 13) + "</tbody></table>\n"
	found, _ := e.Scan([]byte(text), engine.Options{})
	n, code := 0, 0
	for _, f := range found {
		switch f.Type {
		case "pii.passport":
			n++
		case "source_code.snippet":
			code++
		}
	}
	if n != 13 || code == 0 {
		t.Errorf("%d of 13 passports, %d snippets", n, code)
	}
}
