package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// documents makes n cases of each type that is a property of a whole text:
// markings, records, code and health information. The label is the whole text;
// a finding anywhere in it counts.
func documents(r *rand.Rand, n int) []Case {
	var out []Case
	for _, d := range append(documentKinds(), recordKinds()...) {
		for range n {
			text := d.make(r)
			out = append(out, Case{
				Text: text, Class: d.class, Lang: d.lang, Type: d.typ, Cue: d.class,
				Want: []Span{{d.typ, 0, len(text)}},
			})
		}
	}
	return out
}

type documentKind struct {
	typ, class, lang string
	make             generator
}

func documentKinds() []documentKind {
	marked := func(lines ...string) generator {
		return func(r *rand.Rand) string { return pick(r, lines) + "\n\n" + businessText(r) }
	}
	return []documentKind{
		{"confidential.marking", "header", "en", marked("COMPANY CONFIDENTIAL", "STRICTLY CONFIDENTIAL", "Internal Use Only", "CONFIDENTIAL - DO NOT DISTRIBUTE", "Classification: Confidential", "Proprietary and Confidential")},
		{"confidential.marking", "header", "de", marked("STRENG VERTRAULICH", "Vertraulich - nur für den internen Gebrauch")},
		{"confidential.marking", "header", "fr", marked("CONFIDENTIEL", "STRICTEMENT CONFIDENTIEL - NE PAS DIFFUSER")},
		{"confidential.marking", "header", "es", marked("CONFIDENCIAL", "Uso interno exclusivamente")},
		{"confidential.privileged", "header", "en", marked("ATTORNEY-CLIENT PRIVILEGED", "PRIVILEGED & CONFIDENTIAL - ATTORNEY WORK PRODUCT", "Attorney-Client Communication. Privileged.")},
		{"confidential.nda", "clause", "en", marked("MUTUAL NON-DISCLOSURE AGREEMENT", "This document is disclosed under the Non-Disclosure Agreement between the parties.", "Subject to NDA")},
		{"confidential.tlp", "header", "en", marked("TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER")},
		{"confidential.government", "header", "en", marked("CUI // SP-CTI", "UNCLASSIFIED//FOUO", "OFFICIAL-SENSITIVE", "NATO RESTRICTED")},
		{"confidential.export_control", "header", "en", marked("This document contains technical data subject to the ITAR (22 CFR 120-130).", "EXPORT CONTROLLED - ITAR", "WARNING: export of this technical data is restricted by the Arms Export Control Act")},
		{"confidential.mergers", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("Project %s: the board approved the term sheet for acquiring the target at a valuation of %d million. Due diligence in the data room runs until %s; signing is planned before the announcement. Summarise for the deal team.",
				pick(r, []string{"Falcon", "Heron", "Granite", "Aurora"}), 20+r.IntN(400), pick(r, months))
		}},
		{"confidential.financial", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("Draft Q%d results, not yet published: revenue %d.%d million against guidance of %d million, EBITDA margin %d %%. Earnings release goes out on %s %d. Write the CEO quote.",
				1+r.IntN(4), 100+r.IntN(300), r.IntN(9), 100+r.IntN(300), 5+r.IntN(30), pick(r, months), 1+r.IntN(28))
		}},
		{"confidential.hr", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("%s is on a performance improvement plan since %s. Base salary %d EUR, bonus withheld. HR wants the termination letter and the severance offer by Friday.", personName(r), pick(r, months), 40000+r.IntN(60000))
		}},
		{"confidential.legal", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("In the matter %d-CV-%05d our outside counsel recommends a settlement of %d thousand before the deposition; the litigation hold stays in force. Draft the settlement agreement.", 20+r.IntN(7), r.IntN(1e5), 100+r.IntN(900))
		}},
		{"confidential.product", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("Unreleased product roadmap: codename %s ships in Q%d, the launch date is under embargo until %s. The pricing has not been announced.", pick(r, []string{"Basalt", "Merlin", "Tundra"}), 1+r.IntN(4), pick(r, months))
		}},
		{"confidential.security", "record", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("Penetration test report, finding %d (critical): SQL injection in the login of the customer portal, not yet remediated. Proof of concept exploit attached. Incident response was informed on %s %d.", 1+r.IntN(20), pick(r, months), 1+r.IntN(28))
		}},
		{"phi.patient_health", "note", "en", func(r *rand.Rand) string {
			return fmt.Sprintf("Patient: %s, DOB 0%d/1%d/19%d, MRN %d. Presents with %s. BP %d/%d, HR %d. Assessment: %s. Plan: start %s %d mg daily, follow up in two weeks.",
				personName(r), 1+r.IntN(9), r.IntN(9), 40+r.IntN(50), 100000+r.IntN(900000), pick(r, complaints), 110+r.IntN(60), 60+r.IntN(40), 55+r.IntN(50), pick(r, diagnoses), pick(r, drugs), 5*(1+r.IntN(20)))
		}},
		{"phi.patient_health", "letter", "de", func(r *rand.Rand) string {
			return fmt.Sprintf("Arztbrief: Patientin %s, geb. 1%d.0%d.19%d, Versichertennummer %s. Diagnose: %s. Medikation: %s %d mg. Bitte kürzer formulieren.",
				personName(r), r.IntN(9), 1+r.IntN(9), 40+r.IntN(50), nationalGenerators()["phi.de_kvnr"](r), pick(r, []string{"Diabetes mellitus Typ 2", "arterielle Hypertonie", "Vorhofflimmern"}), pick(r, []string{"Metformin", "Ramipril", "Bisoprolol"}), 5*(1+r.IntN(20)))
		}},
		{"source_code.snippet", "go", "", goSnippet},
		{"source_code.snippet", "python", "", pythonSnippet},
		{"source_code.snippet", "javascript", "", jsSnippet},
		{"source_code.snippet", "java", "", javaSnippet},
		{"source_code.snippet", "sql", "", sqlSnippet},
		{"source_code.snippet", "c", "", cSnippet},
		{"source_code.proprietary", "java", "", func(r *rand.Rand) string {
			return fmt.Sprintf("/*\n * Copyright (c) %d Northgate Logistics GmbH. All rights reserved.\n * Proprietary and confidential. Unauthorized copying is prohibited.\n */\n", 2015+r.IntN(11)) + javaSnippet(r)
		}},
	}
}

var (
	months     = []string{"January", "February", "March", "April", "May", "June", "September", "October", "November"}
	complaints = []string{"chest pain for two days", "shortness of breath", "recurrent migraine", "lower back pain", "persistent cough and fever"}
	diagnoses  = []string{"type 2 diabetes, poorly controlled", "essential hypertension", "community-acquired pneumonia", "major depressive disorder", "atrial fibrillation"}
	drugs      = []string{"metformin", "lisinopril", "amoxicillin", "sertraline", "apixaban"}
	verbs      = []string{"load", "merge", "settle", "parse", "rank", "export", "close", "split"}
	nouns      = []string{"Invoice", "Shipment", "Ledger", "Tariff", "Route", "Batch", "Order", "Claim"}
)

func businessText(r *rand.Rand) string {
	return fmt.Sprintf("Minutes of the %s meeting. The team went through the open points: the supplier will deliver %d units in %s, the second site opens later than planned, and the budget is %d %% over. Please shorten this to five sentences.",
		pick(r, []string{"weekly", "steering", "operations"}), 100+r.IntN(5000), pick(r, months), 1+r.IntN(20))
}

func goSnippet(r *rand.Rand) string {
	v, n := pick(r, verbs), pick(r, nouns)
	return fmt.Sprintf("Why does this leak?\n\nfunc (s *%[2]sStore) %[1]s(ctx context.Context, id string) (*%[2]s, error) {\n\trows, err := s.db.QueryContext(ctx, query, id)\n\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"%[1]s: %%w\", err)\n\t}\n\tfor rows.Next() {\n\t\tvar x %[2]s\n\t\tif err := rows.Scan(&x.ID, &x.Total); err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\ts.cache[x.ID] = &x\n\t}\n\treturn s.cache[id], rows.Err()\n}\n", v, n)
}

func pythonSnippet(r *rand.Rand) string {
	v, n := pick(r, verbs), strings.ToLower(pick(r, nouns))
	return fmt.Sprintf("import csv\nfrom decimal import Decimal\n\n\ndef %[1]s_%[2]ss(path, limit=%[3]d):\n    total = Decimal(0)\n    with open(path, newline=\"\") as handle:\n        for row in csv.DictReader(handle):\n            if not row[\"%[2]s\"]:\n                continue\n            total += Decimal(row[\"amount\"])\n            if total > limit:\n                raise ValueError(\"too many %[2]ss\")\n    return total\n\n\nclass %[1]sError(Exception):\n    def __init__(self, %[2]s):\n        super().__init__(%[2]s)\n        self.%[2]s = %[2]s\n", v, n, r.IntN(9000))
}

func jsSnippet(r *rand.Rand) string {
	v, n := pick(r, verbs), pick(r, nouns)
	return fmt.Sprintf("Refactor please:\n\nexport async function %[1]s%[2]ss(client, ids) {\n  const out = [];\n  for (const id of ids) {\n    const res = await client.get(`/v%[3]d/items/${id}`);\n    if (!res.ok) {\n      throw new Error(`cannot %[1]s ${id}`);\n    }\n    const item = await res.json();\n    out.push({ ...item, seen: Date.now() });\n  }\n  return out.filter((x) => x.total > 0).map((x) => x.id);\n}\n\nmodule.exports = { %[1]s%[2]ss };\n", v, n, 1+r.IntN(4))
}

func javaSnippet(r *rand.Rand) string {
	v, n := pick(r, verbs), pick(r, nouns)
	return fmt.Sprintf("package com.northgate.%[1]s;\n\nimport java.util.List;\nimport java.util.Optional;\n\npublic final class %[2]sService {\n    private final %[2]sRepository repository;\n\n    public %[2]sService(%[2]sRepository repository) {\n        this.repository = repository;\n    }\n\n    public Optional<%[2]s> %[1]s(long id) {\n        List<%[2]s> found = repository.findAll(id);\n        if (found.isEmpty()) {\n            return Optional.empty();\n        }\n        return Optional.of(found.get(0));\n    }\n}\n", v, n)
}

func sqlSnippet(r *rand.Rand) string {
	n := strings.ToLower(pick(r, nouns))
	return fmt.Sprintf("CREATE TABLE %[1]ss (\n  id BIGINT PRIMARY KEY,\n  customer_id BIGINT NOT NULL REFERENCES customers(id),\n  total NUMERIC(12,2) NOT NULL DEFAULT 0,\n  created_at TIMESTAMP NOT NULL\n);\n\nSELECT c.region, SUM(x.total) AS total\nFROM %[1]ss x\nJOIN customers c ON c.id = x.customer_id\nWHERE x.created_at >= NOW() - INTERVAL '%[2]d days'\nGROUP BY c.region\nHAVING SUM(x.total) > 1000\nORDER BY total DESC;\n", n, 1+r.IntN(90))
}

func cSnippet(r *rand.Rand) string {
	v, n := pick(r, verbs), strings.ToLower(pick(r, nouns))
	return fmt.Sprintf("#include <stdlib.h>\n#include <string.h>\n\nstruct %[2]s {\n\tsize_t len;\n\tchar *name;\n};\n\nstatic int %[1]s_%[2]s(struct %[2]s *p, const char *src)\n{\n\tsize_t n = strlen(src);\n\tif (n > %[3]d)\n\t\treturn -1;\n\tp->name = malloc(n + 1);\n\tif (!p->name)\n\t\treturn -1;\n\tmemcpy(p->name, src, n + 1);\n\tp->len = n;\n\treturn 0;\n}\n", v, n, 64+r.IntN(4000))
}
