package anchor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// words makes n literals of the lengths that rules have.
func words(n int) []Literal {
	r := rand.New(rand.NewPCG(11, 12))
	const vowels, rest = "aeiou", "bcdfghjklmnprstvwyz"
	word := func(size int) string {
		var b []byte
		for len(b) < size {
			b = append(b, rest[r.IntN(len(rest))], vowels[r.IntN(len(vowels))])
		}
		return string(b[:size])
	}
	heads := []string{"sk-", "AKIA", "ghp_", "xoxb-", "api_key", "number", "password", "://", "SG.", "eyJ", "-----BEGIN", "account ", "patient "}
	var out []Literal
	for i := range n {
		l := Literal{Text: word(5 + r.IntN(12)), Fold: i%6 != 0}
		switch i % 7 {
		case 0:
			l.Text = heads[r.IntN(len(heads))] + word(r.IntN(8))
		case 1:
			l.Text = word(4) + " " + word(6)
		case 2:
			if i%40 < 3 {
				l.Text = word(2 + r.IntN(3))
			}
		}
		out = append(out, l)
	}
	return out
}

// texts are what the benchmarks run over, by name.
func texts(ls []Literal, size int) map[string][]byte {
	r := rand.New(rand.NewPCG(13, 14))
	common := bytes.Fields([]byte(`the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many off before must through years where much your way well down should because each just those people too mister state world still see work long here between both life being under never same another know while last might us great old year come since against right take used himself few house american use place during high without again home around small however found part school thought once general upon every does united left number course war until always public something fact water less put think almost hand enough far took head yet government system better set told nothing night end why called eyes find going look asked later knew point next program city business give group toward young days let room president side social given present several order national possible rather second face per among form important often things looked early white case large big need four within felt along children saw best church ever least power development light thing seemed family interest want members mind country area others done turned although open service certain kind problem began different door thus help sense means whole matter`))
	code := bytes.Fields([]byte(`func (s *Set) Find(c *Carry, p []byte, base int) if err != nil { return nil, err } for i := range n switch v := x.(type) case string: default: fmt.Errorf("anchor: %d", i) // comment var out []byte append(out, b...) type entry struct { id uint32 } import "strings" const maxReach = 56 <div class="row"> self.items[key] = value; def __init__(self, name): try: except ValueError: #include <stdio.h> static void foo_bar(int *ptr) printf("%s\n", buf->data); while (i < len) { i++; } else { break; }`))
	make1 := func(w [][]byte, sep string) (out []byte) {
		for len(out) < size {
			out = append(append(out, w[r.IntN(len(w))]...), sep[r.IntN(len(sep))])
		}
		return out[:size]
	}
	log := []byte{}
	for len(log) < size {
		log = fmt.Appendf(log, `10.%d.3.%d - - [0%d/Nov/2026:10:11:%02d +0000] "GET /v1/items/%d?user=u%d@example.com HTTP/1.1" 200 %d`+"\n", r.IntN(255), r.IntN(255), r.IntN(9), r.IntN(60), r.IntN(1e6), r.IntN(999), r.IntN(1e5))
	}
	adv := []byte{}
	for len(adv) < size {
		l := ls[r.IntN(len(ls))].Text
		adv = append(adv, l[:len(l)-r.IntN(2)]...)
	}
	return map[string][]byte{
		"prose": make1(common, "           ,.\n"), "code": make1(code, "     \n\t"), "log": log[:size],
		"adversarial": adv[:size], "same": bytes.Repeat([]byte("a"), size), "at": bytes.Repeat([]byte("@"), size),
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{250, 1000, 2000} {
		ls := words(n)
		s := compile(b, Config{Literals: ls, MinDigits: leastDigits, MinToken: leastToken, Kinds: []Kind{KindDigits, KindToken, KindAt, KindIBAN}, NoBlocks: true})
		ts := texts(ls, 1<<18)
		for _, name := range []string{"prose", "code", "log", "adversarial", "same", "at"} {
			b.Run(fmt.Sprintf("literals=%d/%s", n, name), func(b *testing.B) {
				text := ts[name]
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				var hits []Hit
				for b.Loop() {
					var c Carry
					hits, _ = s.Find(&c, text, 0, hits[:0], nil)
				}
				b.ReportMetric(float64(len(hits))/float64(len(text))*1024, "hits/KB")
			})
		}
	}
}
