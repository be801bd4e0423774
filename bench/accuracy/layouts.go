package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// sentences hold %c for what the value is called and %v for the value.
func sentences() map[string][]string {
	return map[string][]string{
		"en": {
			"My %c is %v, please put it on the form for me.",
			"Rewrite this politely: I already gave you my %c (%v) twice and nobody called back.",
			"Could you draft a letter to the office? They need the %c, which is %v.",
			"She told me that the %c is %v - is that format right?",
			"Here is what the customer wrote:\n> hello, %c %v, please check.\nHow should I answer?",
			"%c: %v",
			"%c - %v\nPlease turn these notes into a table.",
			"for the record the %c on file reads %v but I think it is wrong",
			"I was asked for a %c so I sent %v. Was that a mistake?",
			"Note to self; %c = %v; renew before June",
		},
		"de": {
			"Meine %c lautet %v, bitte trag sie in das Formular ein.",
			"Bitte formuliere das höflicher: die %c ist %v und ich warte seit drei Wochen.",
			"%c: %v",
			"Der Kunde schrieb, seine %c sei %v. Was antworte ich?",
		},
		"fr": {
			"Mon %c est le %v, merci de compléter le formulaire.",
			"%c : %v",
			"Peux-tu reformuler ce message ? Le client indique son %c (%v) et attend une réponse.",
		},
		"es": {
			"Mi %c es %v, por favor rellena el formulario.",
			"%c: %v",
			"El cliente nos dio su %c (%v) y quiere una respuesta hoy.",
		},
		"it": {
			"Il mio %c è %v, compila il modulo per favore.",
			"%c: %v",
			"Il cliente ha scritto: %c %v. Come rispondo?",
		},
		"pt": {
			"O meu %c é %v, preencha o formulário por favor.",
			"%c: %v",
		},
		"nl": {
			"Mijn %c is %v, vul het formulier in alsjeblieft.",
			"%c: %v",
		},
		"pl": {
			"Mój %c to %v, proszę uzupełnić formularz.",
			"%c: %v",
			"Klient podał: %c %v. Jak odpowiedzieć?",
		},
		"": { // a language without sentences of its own
			"%c: %v",
			"%c %v",
			"%c - %v",
			"%c：%v",
		},
	}
}

// inSentence writes a value where a person would write it.
func inSentence(r *rand.Rand, s spec) Case {
	c := pick(r, s.cues)
	list, ok := sentences()[c.lang]
	if !ok {
		list = sentences()[""]
	}
	k := fill(pick(r, list), c.text, s.typ, s.gen(r))
	k.Class, k.Lang, k.Cue, k.Type = "sentence", c.lang, c.text, s.typ
	return k
}

// fill puts cue and value into a sentence.
func fill(sentence, cue, typ, value string) Case {
	var w builder
	before, after, _ := strings.Cut(sentence, "%v")
	w.text(strings.ReplaceAll(before, "%c", cue))
	w.value(typ, value)
	w.text(strings.ReplaceAll(after, "%c", cue))
	return w.done("sentence")
}

// inBare writes a value that nothing names.
func inBare(r *rand.Rand, s spec) Case {
	var w builder
	w.text(pick(r, []string{"What is this? ", "Found this in an old mail, can it be deleted: ", "is this one still valid\n", "", "fix the spelling of what follows\n\n"}))
	w.value(s.typ, s.gen(r))
	w.text(pick(r, []string{"", " thanks", "\n", ". It came back twice."}))
	k := w.done("bare")
	k.Type = s.typ
	return k
}

// inData writes values under a key or a column header.
func inData(r *rand.Rand, s spec) Case {
	key := pick(r, s.keys)
	layouts := []func(*builder, *rand.Rand, spec, string){asJSON, asYAML, asCSV, asMarkdown, asForm, asSQL, asXML, asQuery, asNested, asHTML, asArrays}
	names := []string{"json", "yaml", "csv", "markdown", "form", "sql", "xml", "keyvalue", "json nested", "html", "arrays"}
	i := r.IntN(len(layouts))
	var w builder
	layouts[i](&w, r, s, key)
	k := w.done(names[i])
	k.Cue, k.Type = key, s.typ
	return k
}

func asJSON(w *builder, r *rand.Rand, s spec, key string) {
	w.text(pick(r, []string{"Validate this payload:\n", ""}))
	w.text(fmt.Sprintf("{\"id\": %d, %q: \"", r.IntN(900), key))
	w.value(s.typ, s.gen(r))
	w.text("\", \"active\": true}")
}

func asNested(w *builder, r *rand.Rand, s spec, key string) {
	w.text("```json\n{\n  \"customer\": {\n    \"tier\": \"gold\",\n    \"" + key + "\": \"")
	w.value(s.typ, s.gen(r))
	w.text(fmt.Sprintf("\"\n  },\n  \"version\": %d\n}\n```\nConvert to a Go struct.", 1+r.IntN(5)))
}

func asYAML(w *builder, r *rand.Rand, s spec, key string) {
	w.text("applicant:\n  status: open\n  " + key + ": ")
	w.value(s.typ, s.gen(r))
	w.text("\n  channel: web\n")
}

func asCSV(w *builder, r *rand.Rand, s spec, key string) {
	sep := pick(r, []string{",", ";", "\t"})
	w.text("row" + sep + key + sep + "status\n")
	for i := range 2 + r.IntN(3) {
		w.text(fmt.Sprint(i+1) + sep)
		w.value(s.typ, s.gen(r))
		w.text(sep + pick(r, []string{"open", "closed", "new"}) + "\n")
	}
}

func asMarkdown(w *builder, r *rand.Rand, s spec, key string) {
	w.text("| no | " + key + " | state |\n|---|---|---|\n")
	for i := range 2 {
		w.text(fmt.Sprintf("| %d | ", i+1))
		w.value(s.typ, s.gen(r))
		w.text(" | ok |\n")
	}
}

func asForm(w *builder, r *rand.Rand, s spec, _ string) {
	c := pick(r, s.cues)
	w.text("Department: Sales\n" + c.text + ":\t")
	w.value(s.typ, s.gen(r))
	w.text("\nFloor: 3\nComment: none\n")
}

func asSQL(w *builder, r *rand.Rand, s spec, key string) {
	w.text("INSERT INTO clients (id, " + key + ", note) VALUES (" + fmt.Sprint(r.IntN(900)) + ", '")
	w.value(s.typ, s.gen(r))
	w.text("', 'imported');")
}

func asXML(w *builder, r *rand.Rand, s spec, key string) {
	w.text("<client><" + key + ">")
	w.value(s.typ, s.gen(r))
	w.text("</" + key + "><region>north</region></client>")
}

func asHTML(w *builder, r *rand.Rand, s spec, key string) {
	w.text("<table border=1>\n<tr><th>#</th><th>" + key + "</th><th>state</th></tr>\n")
	for i := range 2 + r.IntN(3) {
		w.text(fmt.Sprintf("<tr><td>%d</td><td>", i+1))
		w.value(s.typ, s.gen(r))
		w.text("</td><td>" + pick(r, []string{"ok", "open"}) + "</td></tr>\n")
	}
	w.text("</table>\nSort this by state.")
}

func asArrays(w *builder, r *rand.Rand, s spec, key string) {
	w.text(fmt.Sprintf("{\"fields\":[\"row\",%q,\"state\"],\"data\":[", key))
	for i := range 2 + r.IntN(3) {
		w.text(fmt.Sprintf("%s[%d,\"", map[bool]string{true: ","}[i > 0], i+1))
		w.value(s.typ, s.gen(r))
		w.text("\",\"ok\"]")
	}
	w.text("]}")
}

func asQuery(w *builder, r *rand.Rand, s spec, key string) {
	w.text("level=info op=lookup " + key + "=")
	v := s.gen(r)
	if strings.ContainsAny(v, " \n") {
		w.text("\"")
	}
	w.value(s.typ, v)
	if strings.ContainsAny(v, " \n") {
		w.text("\"")
	}
	w.text(" result=found")
}
