package main

import (
	"math"
	"math/rand/v2"

	"github.com/promptgate/promptgate/detectors/names/sequence"
)

const tagCount = 3

// An example is a chain with the right tag of each word.
type example struct {
	n      int
	active [sequence.MaxWords][]int32
	want   [sequence.MaxWords]sequence.Tag
}

// A learner fits the model's weights by stochastic gradient ascent of the
// likelihood, with a step of its own for each weight (AdaGrad) and a pull to zero.
// Products are rounded before they are added, so that no machine fuses them and
// the result is the same everywhere.
type learner struct {
	w, g     [][tagCount]float64 // weights, and sums of squared slopes
	after    [tagCount][tagCount]float64
	afterSum [tagCount][tagCount]float64

	mean      [][tagCount]float64 // sum of the weights at snapshots
	meanAfter [tagCount][tagCount]float64
	snapshots int
}

const (
	rate  = 0.15
	decay = 2e-6 // pull to zero at each step that touches a weight
)

func newLearner() *learner {
	n := sequence.Features
	return &learner{w: make([][tagCount]float64, n), g: make([][tagCount]float64, n), mean: make([][tagCount]float64, n)}
}

// forbidden is a log weight of nothing.
var forbidden = math.Inf(-1)

func sum(a, b float64) float64 { // log(exp a + exp b)
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + ln1(exp(b-a))
}

// step learns one example.
func (l *learner) step(e *example) {
	var score, fwd, bwd [sequence.MaxWords][tagCount]float64
	for i := range e.n {
		for _, f := range e.active[i] {
			for t := range tagCount {
				score[i][t] += l.w[f][t]
			}
		}
	}
	pass := func(p, t int) float64 {
		if p == int(sequence.Out) && t == int(sequence.In) {
			return forbidden
		}
		return l.after[p][t]
	}
	fwd[0] = [tagCount]float64{score[0][0], score[0][1], forbidden}
	for i := 1; i < e.n; i++ {
		for t := range tagCount {
			s := forbidden
			for p := range tagCount {
				s = sum(s, fwd[i-1][p]+pass(p, t))
			}
			fwd[i][t] = s + score[i][t]
		}
	}
	for i := e.n - 2; i >= 0; i-- {
		for p := range tagCount {
			s := forbidden
			for t := range tagCount {
				s = sum(s, pass(p, t)+score[i+1][t]+bwd[i+1][t])
			}
			bwd[i][p] = s
		}
	}
	z := forbidden
	for t := range tagCount {
		z = sum(z, fwd[e.n-1][t])
	}
	for i := range e.n {
		var slope [tagCount]float64
		for t := range tagCount {
			slope[t] = -exp(fwd[i][t] + bwd[i][t] - z)
		}
		slope[e.want[i]]++
		for _, f := range e.active[i] {
			for t := range tagCount {
				l.move(&l.w[f][t], &l.g[f][t], slope[t])
			}
		}
		if i == 0 {
			continue
		}
		for p := range tagCount {
			for t := range tagCount {
				s := 0.0
				if a := pass(p, t); !math.IsInf(a, -1) {
					s = -exp(fwd[i-1][p] + a + score[i][t] + bwd[i][t] - z)
				}
				if int(e.want[i-1]) == p && int(e.want[i]) == t {
					s++
				}
				l.move(&l.after[p][t], &l.afterSum[p][t], s)
			}
		}
	}
}

func (l *learner) move(w, g *float64, slope float64) {
	if slope > -1e-4 && slope < 1e-4 {
		return
	}
	*g += float64(slope * slope)
	*w += float64(float64(rate*slope) / math.Sqrt(*g+1e-6))
	*w -= float64(decay * *w)
}

// snapshot adds the weights to their mean.
func (l *learner) snapshot() {
	l.snapshots++
	for f := range l.w {
		for t := range tagCount {
			l.mean[f][t] += l.w[f][t]
		}
	}
	for p := range tagCount {
		for t := range tagCount {
			l.meanAfter[p][t] += l.after[p][t]
		}
	}
}

// eachRound is how many snapshots are taken in a round, from the second on.
const eachRound = 16

// train goes over the examples so many times, in an order of its own each time.
// The model is the mean of snapshots: the last examples weigh no more than others.
func (l *learner) train(r *rand.Rand, list []example, rounds int) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	for round := range rounds {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for n, i := range order {
			l.step(&list[i])
			if round > 0 && n%(len(order)/eachRound+1) == 0 {
				l.snapshot()
			}
		}
	}
}

// model rounds the weights.
func (l *learner) model() *sequence.Model {
	m := new(sequence.Model)
	round := func(w float64) int16 { return int16(max(-32000, min(32000, math.Round(w*sequence.Scale)))) }
	for f := range l.w {
		for t := range tagCount {
			m.Weights[f][t] = round(l.mean[f][t] / float64(l.snapshots))
		}
	}
	for p := range tagCount {
		for t := range tagCount {
			m.After[p][t] = round(l.meanAfter[p][t] / float64(l.snapshots))
		}
	}
	return m
}

// exp is the exponential by powers of two and a Taylor sum, within 1e-9: that of
// package math is not the same on every machine.
func exp(x float64) float64 {
	if x < -60 {
		return 0
	}
	k := math.Floor(float64(x*(1/math.Ln2)) + 0.5)
	y := x - float64(k*math.Ln2)
	t := 1.0
	for n := 10.0; n >= 1; n-- {
		t = 1 + float64(float64(y*t)/n)
	}
	return math.Ldexp(t, int(k))
}

// ln1 is log(1+x) for x from 0 to 1, by the series of the inverse hyperbolic tangent.
func ln1(x float64) float64 {
	z := x / (2 + x)
	q := float64(z * z)
	t := 0.0
	for n := 17.0; n >= 1; n -= 2 {
		t = float64(q*t) + 1/n
	}
	return float64(2*z) * t
}
