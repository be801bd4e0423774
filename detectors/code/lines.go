package code

import "bytes"

type kind uint8

const (
	prose kind = iota
	blank
	comment
	bracket // only punctuation: goes with the code around it
	codeLine
	strongLine
)

type language uint8

const (
	unknown language = iota
	golang
	python
	javascript
	java
	clike
	csharp
	rust
	ruby
	php
	sql
	shell
	docker
	terraform
	markup
	kotlin
	swift
	langs
)

func (l language) String() string {
	return [langs]string{"unknown", "go", "python", "javascript", "java", "c", "csharp", "rust", "ruby", "php", "sql", "shell", "dockerfile", "hcl", "html", "kotlin", "swift"}[l]
}

type class struct {
	kind   kind
	lang   language
	counts bool
}

// A start is how a line of some language begins; need is a byte or string that
// the line must hold besides, so that prose with the same first word is not code.
type start struct {
	text string
	need string // "" for none; "$x" the line ends in x
	lang language
}

func starts() []start {
	return []start{
		{"package ", "", golang}, {"func ", "(", golang}, {"func (", ")", golang}, {"type ", "struct {", golang}, {"type ", "interface {", golang}, {"import (", "", golang}, {"defer ", "(", golang}, {"if err != nil", "", golang}, {"for _, ", "range", golang},
		{"def ", "$:", python}, {"class ", "$:", python}, {"from ", " import ", python}, {"import ", "", python}, {"elif ", "$:", python}, {"except", "$:", python}, {"try:", "", python}, {"with ", "$:", python}, {"async def ", "$:", python}, {"if __name__", "", python}, {"raise ", "(", python}, {"for ", "$:", python}, {"if ", "$:", python}, {"while ", "$:", python}, {"else:", "", python}, {"finally:", "", python}, {"self.", "=", python}, {"print(", ")", python}, {"yield ", "", python}, {"assert ", "==", python}, {"@property", "", python}, {"lambda ", ":", python},
		{"const ", "=", javascript}, {"let ", "=", javascript}, {"var ", "=", javascript}, {"function ", "(", javascript}, {"async function", "(", javascript}, {"export ", "{", javascript}, {"export default", "", javascript}, {"export const", "=", javascript}, {"export function", "(", javascript}, {"import ", " from ", javascript}, {"import {", "from", javascript}, {"console.", "(", javascript}, {"module.exports", "", javascript}, {"await ", "(", javascript}, {"document.", "(", javascript}, {"interface ", "{", javascript}, {"require(", ")", javascript}, {"describe(", "=>", javascript}, {"it(", "=>", javascript},
		{"public ", "(", java}, {"public ", "{", java}, {"public ", "$;", java}, {"private ", "(", java}, {"private ", "$;", java}, {"protected ", "(", java}, {"protected ", "$;", java}, {"import java", "", java}, {"import org.", "$;", java}, {"import com.", "$;", java}, {"package com.", "", java}, {"package org.", "", java}, {"@Override", "", java}, {"@Autowired", "", java}, {"System.out.", "", java}, {"final ", "=", java}, {"static ", "$;", java}, {"class ", "{", java}, {"abstract class", "", java}, {"throw new ", "", java}, {"new ", "$;", java}, {"@Test", "", java}, {"@Entity", "", java}, {"@Service", "", java},
		{"#include", "", clike}, {"#define ", "", clike}, {"#ifdef", "", clike}, {"#ifndef", "", clike}, {"#endif", "", clike}, {"#pragma", "", clike}, {"int main", "(", clike}, {"int ", "$;", clike}, {"int ", "{", clike}, {"void ", "(", clike}, {"char ", "$;", clike}, {"struct ", "{", clike}, {"typedef ", "", clike}, {"static ", "(", clike}, {"template<", "", clike}, {"template <", "", clike}, {"std::", "", clike}, {"printf(", "", clike}, {"double ", "$;", clike}, {"float ", "$;", clike}, {"size_t ", "", clike}, {"unsigned ", "$;", clike}, {"bool ", "$;", clike}, {"auto ", "=", clike}, {"using namespace", "", clike}, {"enum ", "{", clike}, {"case ", "$:", clike}, {"switch ", "{", clike}, {"switch (", "", clike}, {"return;", "", clike},
		{"using System", "", csharp}, {"using ", "$;", csharp}, {"namespace ", "", csharp}, {"string ", "$;", csharp}, {"foreach ", "(", csharp}, {"internal ", "class", csharp}, {"Console.Write", "", csharp}, {"get;", "", csharp}, {"public class", "", csharp},
		{"fn ", "(", rust}, {"pub fn ", "(", rust}, {"pub struct ", "", rust}, {"impl ", "{", rust}, {"impl<", "", rust}, {"use std::", "", rust}, {"use crate::", "", rust}, {"let mut ", "", rust}, {"match ", "{", rust}, {"#[derive", "", rust}, {"mod ", "$;", rust}, {"println!(", "", rust}, {"pub enum", "", rust}, {"async fn", "(", rust},
		{"require '", "", ruby}, {"attr_accessor", "", ruby}, {"puts ", "", ruby}, {"def ", "", ruby}, {"end", "$end", ruby}, {"module ", "", ruby}, {"class ", "<", ruby}, {"before_action", "", ruby}, {"validates ", ":", ruby}, {"elsif ", "", ruby}, {"unless ", "", ruby},
		{"<?php", "", php}, {"$this->", "", php}, {"echo ", ";", php}, {"use ", "\\", php}, {"$", "$;", php}, {"foreach (", "", php},
		{"SELECT ", "", sql}, {"INSERT INTO ", "", sql}, {"UPDATE ", " SET ", sql}, {"DELETE FROM ", "", sql}, {"CREATE TABLE", "", sql}, {"CREATE INDEX", "", sql}, {"CREATE OR REPLACE", "", sql}, {"ALTER TABLE", "", sql}, {"FROM ", "", sql}, {"WHERE ", "", sql}, {"LEFT JOIN ", "", sql}, {"INNER JOIN ", "", sql}, {"JOIN ", " ON ", sql}, {"GROUP BY ", "", sql}, {"ORDER BY ", "", sql}, {"BEGIN", "$BEGIN", sql}, {"DECLARE ", "", sql}, {"VALUES (", "", sql}, {"VALUES(", "", sql}, {"HAVING ", "", sql}, {"select ", " from ", sql}, {"insert into ", "", sql}, {"create table ", "", sql}, {"where ", "=", sql}, {"group by ", "", sql}, {"order by ", "", sql}, {"left join ", " on ", sql},
		{"#!/", "", shell}, {"if [", "", shell}, {"fi", "$fi", shell}, {"done", "$done", shell}, {"esac", "$esac", shell}, {"then", "$then", shell}, {"do", "$do", shell}, {"for ", "; do", shell}, {"while ", "; do", shell}, {"export ", "=", shell}, {"set -e", "", shell}, {"local ", "=", shell}, {"elif [", "", shell}, {"echo \"", "", shell}, {"exit ", "", shell},
		{"RUN ", "", docker}, {"COPY ", "", docker}, {"ENTRYPOINT ", "[", docker}, {"CMD [", "", docker}, {"WORKDIR ", "/", docker}, {"EXPOSE ", "", docker}, {"ENV ", "=", docker},
		{"resource \"", "{", terraform}, {"variable \"", "{", terraform}, {"provider \"", "{", terraform}, {"data \"", "{", terraform}, {"output \"", "{", terraform}, {"module \"", "{", terraform}, {"terraform {", "", terraform},
		{"<!DOCTYPE", "", markup}, {"<html", "", markup}, {"<div", ">", markup}, {"</div>", "", markup}, {"<script", "", markup}, {"</script>", "", markup}, {"<style", "", markup},
		{"fun ", "(", kotlin}, {"val ", "=", kotlin}, {"data class ", "(", kotlin}, {"override fun", "", kotlin}, {"suspend fun", "", kotlin}, {"companion object", "", kotlin}, {"when (", "", kotlin},
		{"func ", "->", swift}, {"guard let", "", swift}, {"if let ", "", swift}, {"import UIKit", "", swift}, {"import SwiftUI", "", swift}, {"@State", "", swift}, {"extension ", "{", swift},
		{"return ", "", unknown}, {"return", "$return", unknown}, {"if (", ")", unknown}, {"for (", ")", unknown}, {"while (", ")", unknown}, {"} else", "", unknown}, {"else if", "(", unknown}, {"else {", "", unknown}, {"try {", "", unknown}, {"catch (", "", unknown}, {"} catch", "", unknown}, {"} finally", "", unknown}, {"break;", "", unknown}, {"continue;", "", unknown}, {"if ", "{", unknown}, {"for ", "{", unknown}, {"else", "${", unknown},
	}
}

// firsts indexes starts by their first byte.
func firsts() (t [256][]start) {
	for _, s := range starts() {
		t[s.text[0]] = append(t[s.text[0]], s)
	}
	return t
}

// table is built once; it never changes.
var table = firsts()

// shouts reports whether a line may begin in SQL or a Dockerfile, whose
// capitals make code of what else reads as a sentence.
func shouts(t []byte) bool {
	return len(t) > 1 && t[0] >= 'A' && t[0] <= 'Z' && t[1] >= 'A' && t[1] <= 'Z'
}

// classify says what a line is; t is the line without its indent.
func classify(line, t []byte) class {
	indent := len(line) - len(t)
	if len(t) == 0 {
		return class{kind: blank}
	}
	if len(line) >= maxLine {
		return class{kind: prose}
	}
	if k := commentKind(t); k != prose {
		return class{kind: k}
	}
	if onlyPunctuation(t) {
		return class{kind: bracket, counts: bytes.IndexAny(t, ")}") >= 0}
	}
	last := t[len(t)-1]
	sentence := proseLike(t, last)
	if sentence && !shouts(t) || dataLine(t, last) || logLine(t) {
		return class{kind: prose}
	}
	best := start{}
	for i := range table[t[0]] {
		s := &table[t[0]][i]
		if len(s.text) > len(t) || s.text[len(s.text)-1] != t[len(s.text)-1] || string(t[:len(s.text)]) != s.text {
			continue
		}
		switch {
		case s.need == "":
		case s.need[0] == '$':
			if !bytes.HasSuffix(t, []byte(s.need[1:])) {
				continue
			}
		case bytes.Index(t[len(s.text)-1:], []byte(s.need)) < 0:
			continue
		}
		if len(s.text)+len(s.need) > len(best.text)+len(best.need) {
			best = *s
		}
	}
	shouted := (best.lang == sql || best.lang == docker) && best.text[1] >= 'A' && best.text[1] <= 'Z'
	if best.text != "" && (shouted || !sentence) {
		return class{kind: strongLine, lang: best.lang}
	}
	if sentence {
		return class{kind: prose}
	}
	score := 0
	switch last {
	case ';', '{':
		score += 2
	case '(', ',', '[', '\\':
		if indent > 0 {
			score++
		}
	case ')':
		if bytes.IndexByte(t, '(') > 0 && t[bytes.IndexByte(t, '(')-1] != ' ' {
			score++
		}
	}
	if operator(t) {
		score++
	}
	if i := bytes.Index(t, []byte(" = ")); i > 0 && bytes.IndexByte(t[:i], ' ') < 0 {
		score++ // name = …
		if i+3 < len(t) && bytes.IndexByte([]byte("\"'[{(0123456789"), t[i+3]) >= 0 {
			score++
		}
	}
	if call(t) {
		score++
	}
	if indent >= 2 {
		score++
	}
	switch {
	case score >= 3:
		return class{kind: strongLine}
	case score >= 2:
		return class{kind: codeLine}
	}
	return class{kind: prose}
}

// commentKind tells comments from code and from headings and lists.
func commentKind(t []byte) kind {
	switch t[0] {
	case '/', '*', '<', '-', '"', '#':
	default:
		return prose
	}
	switch {
	case bytes.HasPrefix(t, []byte("//")), bytes.HasPrefix(t, []byte("/*")), bytes.HasPrefix(t, []byte("*/")), bytes.HasPrefix(t, []byte("<!--")), bytes.HasPrefix(t, []byte("-- ")), bytes.HasPrefix(t, []byte(`"""`)):
		return comment
	case t[0] == '#' && (len(t) == 1 || t[1] == ' ') && !bytes.HasPrefix(t, []byte("## ")):
		return comment
	case bytes.HasPrefix(t, []byte("* ")) && bytes.HasSuffix(t, []byte("*/")), bytes.HasPrefix(t, []byte("* @")):
		return comment
	}
	return prose
}

func onlyPunctuation(t []byte) bool {
	for _, b := range t {
		if bytes.IndexByte([]byte("{}()[];,"), b) < 0 {
			return false
		}
	}
	return true
}

// dataLine knows JSON members, list items, table rows and mail headers.
func dataLine(t []byte, last byte) bool {
	if t[0] == '"' && (bytes.Contains(t, []byte(`":`)) || last == '"' || bytes.HasSuffix(t, []byte(`",`))) {
		return true
	}
	return t[0] == '|' || bytes.HasPrefix(t, []byte("- ")) || bytes.HasPrefix(t, []byte("> ")) || bytes.HasPrefix(t, []byte("## ")) || bytes.HasPrefix(t, []byte("$ ")) || bytes.HasPrefix(t, []byte("at "))
}

// logLine knows lines that begin with a time, a date or an address.
func logLine(t []byte) bool {
	n := 0
	for n < len(t) && n < 12 && (t[n] >= '0' && t[n] <= '9' || t[n] == '-' || t[n] == '.' || t[n] == ':' || t[n] == '/' || t[n] == '[') {
		n++
	}
	return n >= 8 || t[0] == '[' && n > 2
}

// operator reports whether t holds one of " := ", " == ", " != ", " => ", " += ",
// " <= ", " >= ", " && ", " || ", "->", "::", "();", "()." and "</".
func operator(t []byte) bool {
	at := func(i int) byte {
		if i < 0 || i >= len(t) {
			return 0
		}
		return t[i]
	}
	for i, b := range t {
		if units[b] != signUnit {
			continue
		}
		switch b {
		case '=':
			if at(i+1) == ' ' && at(i-2) == ' ' && bytes.IndexByte([]byte(":=!+<>"), at(i-1)) >= 0 {
				return true
			}
		case '>':
			if p := at(i - 1); p == '-' || p == '=' && at(i-2) == ' ' && at(i+1) == ' ' {
				return true
			}
		case '&', '|':
			if at(i-1) == b && at(i-2) == ' ' && at(i+1) == ' ' {
				return true
			}
		case ':':
			if at(i-1) == ':' {
				return true
			}
		case ')':
			if n := at(i + 1); at(i-1) == '(' && (n == ';' || n == '.') {
				return true
			}
		case '/':
			if at(i-1) == '<' {
				return true
			}
		}
	}
	return false
}

// call reports whether t begins with name( or name.name(.
func call(t []byte) bool {
	for i, b := range t {
		switch {
		case b == '(':
			return i > 1
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '.', b == '$', b == '@', b == ':':
		default:
			return false
		}
	}
	return false
}

// What a byte counts for in proseLike: 1 in the field of its class. A line is
// shorter than a field is wide.
const (
	letterUnit = 1
	signUnit   = 1 << 16
	spaceUnit  = 1 << 32
)

func countUnits() (t [256]uint64) {
	for b := range t {
		switch {
		case b == ' ':
			t[b] = spaceUnit
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= 0x80:
			t[b] = letterUnit
		case bytes.IndexByte([]byte("(){}[];=<>+*/&|_$@\\:#\"'`"), byte(b)) >= 0:
			t[b] = signUnit
		}
	}
	return t
}

// units is built once; it never changes.
var units = countUnits()

// proseLike reports whether a line reads as a sentence: many words of letters
// only, few signs.
func proseLike(t []byte, last byte) bool {
	var sum, before, double uint64
	for _, b := range t {
		u := units[b]
		sum += u
		double += u & before // a space behind a space ends no word
		before = u & spaceUnit
	}
	letters, signs := int(sum&0xFFFF), int(sum>>16&0xFFFF)
	words := 1 + int((sum-double)>>32)
	if words >= 5 && signs*12 < letters && last != ';' && last != '{' {
		return true
	}
	return (last == '.' || last == '?' || last == '!') && words >= 4 && signs*8 < letters
}
