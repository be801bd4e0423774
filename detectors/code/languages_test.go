package code

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// samples are written for this test, one for each language that is named.
var samples = map[string]string{
	"go":          goCode,
	"python":      pyCode,
	"javascript":  "const path = require('path');\nfunction walk(dir, done) {\n  if (dir === undefined) {\n    return done();\n  }\n  console.log(path.join(dir, 'x'));\n}\nmodule.exports = walk;\n",
	"typescript":  "export interface Parcel {\n  id: string;\n  weight: number;\n}\nexport function total(list: Parcel[]): number {\n  return list.reduce((sum, p) => sum + p.weight, 0);\n}\n",
	"java":        "package net.kontor.post;\n\nimport java.util.List;\n\npublic final class Post {\n    private final List<String> open;\n    @Override\n    public String toString() {\n        return open.toString();\n    }\n}\n",
	"c":           "#include <string.h>\n\nstatic int count(const char *s, char c)\n{\n\tint n = 0;\n\tfor (; *s; s++)\n\t\tif (*s == c)\n\t\t\tn++;\n\treturn n;\n}\n",
	"cpp":         "#include <vector>\nnamespace post {\ntemplate <typename T>\nT sum(const std::vector<T>& v) {\n  T s{};\n  for (const auto& x : v) s += x;\n  return s;\n}\n}  // namespace post\n",
	"csharp":      "using System;\nusing System.Linq;\n\nnamespace Kontor.Post\n{\n    public class Parcel\n    {\n        public int Weight { get; set; }\n        public override string ToString() => Weight.ToString();\n    }\n}\n",
	"rust":        "use std::fmt;\n\npub struct Parcel {\n    weight: u32,\n}\n\nimpl fmt::Display for Parcel {\n    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {\n        write!(f, \"{}\", self.weight)\n    }\n}\n",
	"ruby":        "require 'set'\n\nmodule Post\n  class Parcel\n    attr_reader :weight\n    def initialize(weight)\n      @weight = weight\n    end\n  end\nend\n",
	"php":         "<?php\nnamespace Kontor\\Post;\n\nclass Parcel\n{\n    private int $weight;\n    public function weight(): int\n    {\n        return $this->weight;\n    }\n}\n",
	"sql":         "CREATE TABLE parcel (\n  id integer PRIMARY KEY,\n  weight numeric NOT NULL\n);\nINSERT INTO parcel (id, weight)\nVALUES (1, 2.5);\nSELECT count(*) FROM parcel;\n",
	"shell":       "#!/bin/sh\nset -eu\nfor f in out/*.tar; do\n  if [ -s \"$f\" ]; then\n    tar xf \"$f\"\n  fi\ndone\n",
	"powershell":  "param(\n    [string]$Path\n)\nforeach ($f in Get-ChildItem $Path) {\n    Write-Output $f.Name\n}\n",
	"dockerfile":  "FROM debian:12\nRUN apt-get update && apt-get install -y tini\nCOPY . /srv\nWORKDIR /srv\nENTRYPOINT [\"tini\", \"--\"]\n",
	"hcl":         "variable \"zone\" {\n  default = \"north\"\n}\nresource \"post_box\" \"main\" {\n  zone  = var.zone\n  count = 2\n}\n",
	"html":        "<!DOCTYPE html>\n<html>\n<body>\n<div class=\"box\">\n<p>Parcels</p>\n</div>\n</body>\n</html>\n",
	"css":         ".box {\n  display: flex;\n  margin: 0 auto;\n}\n#head, .foot {\n  color: #333;\n}\n",
	"kotlin":      "package net.kontor.post\n\ndata class Parcel(val id: String, val weight: Int)\n\nfun heaviest(list: List<Parcel>): Parcel? {\n    val sorted = list.sortedBy { it.weight }\n    return sorted.lastOrNull()\n}\n",
	"swift":       "import Foundation\n\nstruct Parcel {\n    let weight: Double\n}\n\nfunc heaviest(_ list: [Parcel]) -> Parcel? {\n    guard let first = list.first else { return nil }\n    return list.reduce(first) { $0.weight > $1.weight ? $0 : $1 }\n}\n",
	"scala":       "object Post extends App {\n  case class Parcel(weight: Int)\n  def total(list: List[Parcel]): Int = list.map(_.weight).sum\n  lazy val empty = total(Nil)\n}\n",
	"perl":        "use strict;\nuse warnings;\nmy %seen;\nwhile (<STDIN>) {\n    chomp;\n    $seen{$_}++;\n}\nprint \"$_\\n\" for sort keys %seen;\n",
	"lua":         "local function total(list)\n  local sum = 0\n  for _, p in ipairs(list) do\n    sum = sum + p.weight\n  end\n  return sum\nend\n",
	"r":           "library(dplyr)\ndata.frame(weight = c(1, 2, 3)) %>%\n  filter(weight > 1) %>%\n  summarise(total = sum(weight))\n",
	"haskell":     "module Post where\n\nimport qualified Data.Map as Map\n\ndata Parcel = Parcel { weight :: Int }\n  deriving (Show)\n\nmain :: IO ()\n",
	"elixir":      "defmodule Post do\n  @moduledoc false\n  defstruct weight: 0\n\n  def total(list) do\n    list\n    |> Enum.map(& &1.weight)\n    |> Enum.sum()\n  end\nend\n",
	"makefile":    ".PHONY: all clean\nCFLAGS = -O2 -Wall\nall: $(OBJ)\nifeq ($(OS),Linux)\n$(info linux)\nendif\n",
	"yaml":        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: post\nspec:\n  replicas: 2\n",
	"notebook":    "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"source\": [\n    \"import numpy as np\\n\",\n    \"def total(x):\\n\",\n    \"    return np.sum(x)\\n\",\n    \"print(total([1, 2]))\"\n   ]\n  }\n ]\n}\n",
	"diff":        "diff --git a/post.go b/post.go\n--- a/post.go\n+++ b/post.go\n@@ -1,4 +1,4 @@\n package post\n-const limit = 10\n+const limit = 20\n \n func total() int {\n",
	"stack_trace": "Traceback (most recent call last):\n  File \"post.py\", line 8, in <module>\n    main()\n  File \"post.py\", line 4, in main\n    raise ValueError(x)\nValueError: 3\n",
	"dart":        "import 'package:flutter/material.dart';\n\nclass Post extends StatelessWidget {\n  @override\n  Widget build(BuildContext context) {\n    return Text('x');\n  }\n}\n",
	"assembly":    ".globl total\n.text\ntotal:\n    movl %edi, %eax\n    xorl %edx, %edx\n    callq helper\n    ret\n",
	"protobuf":    "syntax = \"proto3\";\nmessage Parcel {\n  string id = 1;\n  int32 weight = 2;\n}\nservice Post {\n  rpc Send(Parcel) returns (Parcel);\n}\n",
	"graphql":     "query Parcels {\n  parcels {\n    id\n  }\n}\nfragment Sizes on Parcel {\n  weight\n}\nmutation Send {\n  send {\n    id\n  }\n}\n",
	"vb":          "Public Function Total(list As Collection) As Double\n    Dim sum As Double\n    For Each p In list\n        sum = sum + p.Weight\n    Next p\n    Total = sum\nEnd Function\n",
	"objectivec":  "#import <Foundation/Foundation.h>\n@interface Parcel : NSObject\n@property (nonatomic) int weight;\n- (int)total;\n@end\n",
}

func TestLanguagesAreNamed(t *testing.T) {
	if len(samples) < 25 {
		t.Fatalf("only %d languages", len(samples))
	}
	for want, text := range samples {
		found := scan("What does this do?\n\n" + text)
		if len(found) != 1 {
			t.Errorf("%s: %v, want one finding", want, found)
			continue
		}
		named := ""
		for _, e := range found[0].Evidence {
			if l, ok := strings.CutPrefix(e.Name, "language:"); ok {
				named = l
			}
		}
		if named != want {
			t.Errorf("%s is called %q", want, named)
		}
	}
}

// What people write about code, beside it, and what programs write.
func TestWhatLooksLikeCodeIsNot(t *testing.T) {
	for name, text := range map[string]string{
		"pseudo-code":    "for each item in the basket\n    add its price to the total\nif the total is more than 50\n    apply the discount\nreturn the total\n",
		"numbered steps": "1. Open the file.\n2. Read each line; skip blank ones.\n3. Return the number of lines.\n",
		"commands":       "npm install\nnpm run build\ndocker build -t post .\ndocker push registry.example.com/post\nkubectl rollout restart deploy/post\n",
		"continued":      "gcloud run deploy post \\\n    --region=north \\\n    --image=post:1 \\\n    --memory=1Gi\n",
		"settings":       "[server]\nport = 8080\nhost = localhost\n\n[log]\nlevel = debug\npath = /var/log/post\n",
		"git settings":   "[user]\n\tname = Anna\n\temail = a\n[core]\n\teditor = vim\n\tautocrlf = input\n",
		"environment":    "HOST=localhost\nPORT=8080\nLEVEL=debug\nNAME=\"post\"\n",
		"questions":      "How do I use `defer` with os.Open(name)?\nIs sync.Pool safe for this (concurrent use)?\nAnd what about errors.Is(err, x)?\n",
		"options":        "--region, --zone, --project\n--verbose, --quiet\n--help\n",
		"table":          "Name    Weight    Zone\nA       12        north\nB       7         south\nC       4         west\n",
		"markdown table": "| Name | Weight |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n",
		"one trace line": "It says: at net.kontor.Post.send(Post.java:12)\nWhy?\n",
		"formulas":       "x + y = 12\nx - y = 4\nFind x and y.\n",
		"schedule":       "09:00 - 10:00  Opening (hall A)\n10:00 - 11:00  Talks; coffee\n11:00 - 12:00  Panel {room 4}\n",
		"bullets":        "* import the addresses;\n* select a carrier;\n* return the labels;\n",
		"select in text": "Select the best of these:\nFROM the north: parcels.\nWhere are they?\n",
	} {
		if got := scan(text); len(got) != 0 {
			t.Errorf("%s: %v, want nothing", name, got)
		}
	}
}

func TestTheCompanySaysWhatIsItsOwn(t *testing.T) {
	own := Ownership{Companies: []string{"Initech"}, Marks: []string{"@initech/", "git.initech.net", "//billing/ledger"}, Tickets: []string{"LEDG"}}
	for _, tt := range []struct {
		name, head string
		own        Ownership
		want       detectors.InfoType
	}{
		{"licensed and the company's", "// Copyright 2024 INITECH GmbH. Licensed under the Apache License 2.0.\n", own, TypeProprietary},
		{"licensed, by others", "// Copyright 2024 Others. Licensed under the Apache License 2.0.\n", own, TypeSnippet},
		{"the company is only named", "// as Initech does it\n", own, TypeSnippet},
		{"scope", "import { post } from '@initech/post';\n", own, TypeProprietary},
		{"host", "var base = \"https://git.initech.net/x\"\n", own, TypeProprietary},
		{"path of the monorepo", "load(\"//billing/ledger:rules.bzl\", \"x\")\n", own, TypeProprietary},
		{"ticket", "// see LEDG-2041\n", own, TypeProprietary},
		{"ticket of somebody", "// see OTHER-2041\n", own, TypeSnippet},
		{"nothing configured", "import { post } from '@initech/post';\n", Ownership{}, TypeSnippet},
	} {
		found := scanOwned(tt.own, tt.head+goCode)
		if len(found) != 1 || found[0].Type != tt.want {
			t.Errorf("%s: %v, want one %s", tt.name, found, tt.want)
		}
	}
}

// A stack trace shows names and places, not code: it is never High.
func TestAStackTraceIsMediumAtMost(t *testing.T) {
	text := "Exception in thread \"main\" java.lang.IllegalStateException\n" + strings.Repeat("\tat net.kontor.Post.send(Post.java:12)\n", 40)
	found := scan(text)
	if len(found) != 1 || found[0].Confidence.Level() != detectors.Medium {
		t.Errorf("%v, want one of medium confidence", found)
	}
}

// Findings, and whose the code is, do not depend on how the text was cut.
func TestCutsDoNotMatter(t *testing.T) {
	var b strings.Builder
	b.WriteString("// Copyright 2025 Initech GmbH. All rights reserved.\n// Proprietary and confidential.\n")
	for _, name := range []string{"go", "python", "sql", "diff", "notebook", "yaml", "stack_trace", "html"} {
		b.WriteString(samples[name] + "\nSome words stand between them, as they do.\nAnd some more of them here.\n\n\n\n")
	}
	text := strings.Repeat(b.String(), 3)
	e, err := engine.New(engine.Config{Key: []byte("k")}, New())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := e.Scan([]byte(text), engine.Options{})
	if len(want) < 12 {
		t.Fatalf("only %d findings", len(want))
	}
	for _, size := range []int{1, 7, 100, 4095, 4097} {
		var got []detectors.Finding
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) { got = append(got, f) }})
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			s.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		s.Close()
		s.Release()
		if len(got) != len(want) {
			t.Fatalf("writes of %d: %d findings, want %d", size, len(got), len(want))
		}
		for _, f := range got {
			same := false
			for _, w := range want {
				same = same || f.Span == w.Span && f.Type == w.Type && f.Confidence == w.Confidence
			}
			if !same {
				t.Errorf("writes of %d: %v was not found in the whole", size, f)
			}
		}
	}
}
