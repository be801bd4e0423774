package code

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
)

// scan runs an engine that has no other detector.
func scan(text string) []detectors.Finding { return scanOwned(Ownership{}, text) }

func scanOwned(o Ownership, text string) []detectors.Finding {
	e, err := engine.New(engine.Config{Plain: true}, Owned(o))
	if err != nil {
		panic(err)
	}
	found, _ := e.Scan([]byte(text), engine.Options{})
	return found
}

const goCode = `func (s *Store) Get(ctx context.Context, id string) (*User, error) {
	row := s.db.QueryRowContext(ctx, "SELECT name FROM users WHERE id = $1", id)
	var u User
	if err := row.Scan(&u.Name); err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}
	return &u, nil
}
`

const pyCode = `def total(items):
    result = 0
    for item in items:
        if item.price > 0:
            result += item.price
    return result
`

func TestCodeIsFound(t *testing.T) {
	tests := []struct {
		name, text string
		typ        detectors.InfoType
		least      detectors.Confidence
		lang       string
	}{
		{"go, unfenced, with a question", "Why does this fail?\n\n" + goCode + "\nThanks a lot for any help here.", TypeSnippet, detectors.Medium, "go"},
		{"python, fenced", "Fix it:\n```python\n" + pyCode + "```\n", TypeSnippet, detectors.Medium, "python"},
		{"javascript", "const fs = require('fs');\nfunction load(path) {\n  return JSON.parse(fs.readFileSync(path));\n}\nmodule.exports = { load };\n", TypeSnippet, detectors.Low, "javascript"},
		{"java", "public class Account {\n    private long balance;\n    public void deposit(long amount) {\n        this.balance += amount;\n    }\n}\n", TypeSnippet, detectors.Low, "java"},
		{"sql", "SELECT c.name, SUM(o.total)\nFROM customers c\nJOIN orders o ON o.customer_id = c.id\nWHERE o.created_at > '2024-01-01'\nGROUP BY c.name\nORDER BY 2 DESC;\n", TypeSnippet, detectors.Medium, "sql"},
		{"c", "#include <stdio.h>\n\nint main(void) {\n    for (int i = 0; i < 10; i++) {\n        printf(\"%d\\n\", i);\n    }\n    return 0;\n}\n", TypeSnippet, detectors.Medium, "c"},
		{"rust", "pub fn add(a: i32, b: i32) -> i32 {\n    let mut sum = a;\n    sum += b;\n    return sum;\n}\n", TypeSnippet, detectors.Low, "rust"},
		{"shell script", "#!/bin/bash\nset -e\nfor f in *.log; do\n  gzip \"$f\"\ndone\necho \"packed\"\n", TypeSnippet, detectors.Low, "shell"},
		{"terraform", "resource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"acme-logs\"\n  acl    = \"private\"\n}\nvariable \"region\" {\n  default = \"eu-west-1\"\n}\n", TypeSnippet, detectors.Low, "hcl"},
		{"long", strings.Repeat(goCode, 4), TypeSnippet, detectors.High, "go"},
		{"crossing blocks", strings.Repeat("Plain words stand here.\n", 169) + goCode, TypeSnippet, detectors.Medium, "go"},
		{"proprietary header", "// Copyright 2025 Initech GmbH. All rights reserved.\n// Proprietary and confidential.\npackage billing\n\n" + goCode, TypeProprietary, detectors.High, "go"},
		{"internal hosts", "import requests\nBASE = \"https://gitlab.internal/api\"\ndef get(x):\n    return requests.get(\"https://jira.initech.corp/rest/\" + x)\nprint(get(\"PAY-1\"))\n", TypeProprietary, detectors.High, "python"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := scan(tt.text)
			if len(got) != 1 {
				t.Fatalf("%d findings, want 1: %v", len(got), got)
			}
			f := got[0]
			if f.Type != tt.typ || f.Confidence < tt.least || !f.Late {
				t.Errorf("got %s %d late=%v, want %s from %d", f.Type, f.Confidence, f.Late, tt.typ, tt.least)
			}
			found := false
			for _, e := range f.Evidence {
				found = found || e.Name == "language:"+tt.lang
			}
			if !found {
				t.Errorf("language %s not in %v", tt.lang, f.Evidence)
			}
		})
	}
}

func TestSpanCoversTheCodeOnly(t *testing.T) {
	before, after := "Can you look at this?\n\n", "\nIt worked last week, and nobody changed anything.\n"
	got := scan(before + goCode + after)
	want := detectors.Span{Start: len(before), End: len(before) + len(goCode) - 1}
	if len(got) != 1 || got[0].Span != want {
		t.Errorf("got %v, want one finding at %v", got, want)
	}
}

func TestATextMayBeginBehindOthers(t *testing.T) {
	var got []detectors.Finding
	p := New().NewPass().(*pass)
	p.Block(detectors.View{Text: []byte(goCode), Off: 5000, EOF: true}, anchor.Block{Off: 5000, Len: len(goCode)}, nil)
	p.Close(func(f detectors.Finding) { got = append(got, f) })
	if want := (detectors.Span{Start: 5000, End: 5000 + len(goCode) - 1}); len(got) != 1 || got[0].Span != want {
		t.Errorf("got %v, want one finding at %v", got, want)
	}
}

func TestWhatIsNotCode(t *testing.T) {
	tests := []struct{ name, text string }{
		{"prose", strings.Repeat("The return on investment was good; if you ask me, it is for the better. Import duties fell.\n", 8)},
		{"talk about code", "Please explain what defer does in Go.\nDoes `for range` copy the value?\nI use fmt.Println(x) a lot.\nWhat is func main for?\n"},
		{"one liner", "Run `kubectl get pods -n prod | grep api`, then tell me.\n"},
		{"shell commands", "$ cd /tmp\n$ ls -la\n$ tar xzf a.tgz\n"},
		{"json", "{\n  \"name\": \"a\",\n  \"list\": [\n    1,\n    2\n  ],\n  \"ok\": true\n}\n"},
		{"csv", "id,name,total\n1,Anna,20\n2,Bob,30\n3,Cleo,40\n"},
		{"log", "2024-01-15T10:00:00Z INFO started (pid=1)\n2024-01-15T10:00:01Z ERROR failed: timeout; retry=3\n[10:00:02] WARN x == y\n10.0.0.1 - - [15/Jan/2024] \"GET / HTTP/1.1\" 200\n"},
		{"yaml", "version: 2\nservices:\n  web:\n    image: nginx\n    ports:\n      - 80\n"},
		{"markdown list", "# Plan\n\n- return the car\n- import the data\n- select a venue\n* class of 2024\n"},
		{"letter", "Dear Anna,\n\nif you can, select a date; the class begins at 10.\n\nBest,\nBob\n"},
		{"stack of questions", "1. What is a class?\n2. How do I import a module?\n3. Why return nil?\n"},
		{"fenced json", "```json\n{\"a\": 1,\n \"b\": function(x) { return x; },\n \"c\": 2}\n```\n"},
		{"two lines", "x := f(1)\nreturn x\n"},
		{"mail headers", "From: a@b.c\nTo: d@e.f\nSubject: class return\n\nHello\n"},
		{"poem", "while we wait,\nfor the rain;\nif it comes,\nwe return;\n"},
	}
	for _, tt := range tests {
		if got := scan(tt.text); len(got) != 0 {
			t.Errorf("%s: %v, want nothing", tt.name, got)
		}
	}
}

func TestPublicLicencesAreNobodysOwn(t *testing.T) {
	got := scan("// Copyright 2012 The Authors. All rights reserved.\n// Use of this source code is governed by a BSD-style license.\npackage x\n\n" + goCode)
	if len(got) != 1 || got[0].Type != TypeSnippet {
		t.Errorf("got %v, want a snippet", got)
	}
}

func TestResetForgetsTheText(t *testing.T) {
	p := New().NewPass().(*pass)
	text := "func f() {\n\tx := secret()\n\treturn x"
	p.Block(detectors.View{Text: []byte(text), BOF: true, EOF: true}, anchor.Block{Len: len(text)}, func(detectors.Finding) {})
	p.Reset()
	for _, b := range p.line[:cap(p.line)] {
		if b != 0 {
			t.Fatal("text remains after Reset")
		}
	}
}

func BenchmarkBlock(b *testing.B) {
	text := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog, and then some more words follow.\n", 52) + goCode)
	p := New().NewPass().(*pass)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		p.Block(detectors.View{Text: text, BOF: true, EOF: true}, anchor.Block{Len: len(text)}, func(detectors.Finding) {})
		p.Reset()
	}
}

// What stands in the comment above the code says whose the code is, also when
// its lines read like the items of a list.
func TestTheHeaderOfAFileSaysWhoseItIs(t *testing.T) {
	const body = `package com.northgate.close;

import java.util.Map;

public class Close {
    private final Map<String, Integer> counts;

    public Close(Map<String, Integer> counts) {
        this.counts = counts;
    }

    public int total() {
        return counts.size();
    }
}
`
	for _, tt := range []struct {
		name, head string
		want       detectors.InfoType
	}{
		{"proprietary", "/*\n * Copyright (c) 2020 Northgate Logistics GmbH. All rights reserved.\n * Proprietary and confidential.\n */\n", TypeProprietary},
		{"licensed", "/*\n * Copyright 2020 The Authors.\n * Licensed under the Apache License, Version 2.0.\n */\n", TypeSnippet},
		{"none", "", TypeSnippet},
	} {
		found := scan(tt.head + body)
		if len(found) != 1 || found[0].Type != tt.want {
			t.Errorf("%s: %v, want one %s", tt.name, found, tt.want)
		}
	}
}
