package main

import "testing"

func TestCountJudgesSpansRedactionsAndSecrets(t *testing.T) {
	half, sure := 0.7, 0.9
	redacted, same := "Größe *** ok", "Größe 4711 ok"
	x := labelled{Text: "Größe 4711 ok", Type: "pii.x", Want: []span{{Start: 8, End: 12}}} // ß and ö are two bytes each
	quiet := labelled{Text: "Größe 4711 ok"}
	found := func(start, end int, confidence *float64, category string) answer {
		var a answer
		a.Findings = append(a.Findings, struct {
			Start      int      `json:"start"`
			End        int      `json:"end"`
			Confidence *float64 `json:"confidence"`
			Category   string   `json:"category"`
		}{start, end, confidence, category})
		return a
	}
	for name, tt := range map[string]struct {
		x             labelled
		a             answer
		ours          bool
		found, alarms int
	}{
		"characters of others": {x, found(6, 10, nil, ""), false, 1, 0},
		"bytes of ours":        {x, found(8, 12, &sure, "pii"), true, 1, 0},
		"beside it":            {x, found(0, 5, nil, ""), false, 0, 0},
		"too low":              {x, found(8, 12, &half, "pii"), true, 0, 0},
		"redacted":             {x, answer{Redacted: &redacted}, false, 1, 0},
		"left in":              {x, answer{Redacted: &same}, false, 0, 0},
		"a secret":             {x, answer{Secrets: []string{"4711"}}, false, 1, 0},
		"an alarm":             {quiet, found(6, 10, nil, ""), false, 0, 1},
		"changed for nothing":  {quiet, answer{Redacted: &redacted}, false, 0, 1},
		"code by right":        {quiet, found(0, 5, &sure, "source_code"), true, 0, 0},
		"nothing":              {quiet, answer{Redacted: &same}, false, 0, 0},
	} {
		r := result{found: map[string]int{}}
		r.count(tt.x, tt.a, tt.ours)
		if r.found["pii"] != tt.found || r.alarms != tt.alarms {
			t.Errorf("%s: found %d, alarms %d", name, r.found["pii"], r.alarms)
		}
	}
}
