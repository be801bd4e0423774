package corpus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Log appends one line of a JSON, access or system log in which nothing is
// sensitive: private addresses, times, ids, hashes, versions, durations.
func Log(r *rand.Rand, out []byte) []byte {
	t := time.Unix(1_700_000_000+r.Int64N(90_000_000), r.Int64N(1e9)).UTC()
	switch r.IntN(6) {
	case 0:
		return fmt.Appendf(out, "{\"ts\":%q,\"level\":%q,\"service\":%q,\"trace_id\":\"%016x%016x\",\"span_id\":\"%016x\",\"msg\":%q,\"duration_ms\":%.3f,\"status\":%d,\"bytes\":%d}\n",
			t.Format(time.RFC3339Nano), pick(r, levels), pick(r, services), r.Uint64(), r.Uint64(), r.Uint64(), pick(r, phrases), r.Float64()*900, pick(r, statuses), r.IntN(1<<20))
	case 1:
		return fmt.Appendf(out, "10.%d.%d.%d - - [%s] \"%s /%s/%s?page=%d HTTP/1.1\" %d %d \"-\" %q\n",
			r.IntN(256), r.IntN(256), r.IntN(256), t.Format("02/Jan/2006:15:04:05 -0700"), pick(r, methods), pick(r, services), uuid(r), r.IntN(400), pick(r, statuses), r.IntN(1<<17), pick(r, agents))
	case 2:
		return fmt.Appendf(out, "%s %s %s[%d]: %s (%d of %d, %d ms)\n",
			t.Format("Jan _2 15:04:05"), pick(r, hosts), pick(r, services), r.IntN(65000), pick(r, phrases), r.IntN(50), 50+r.IntN(50), r.IntN(9000))
	case 3:
		return fmt.Appendf(out, "%s %-5s [%s-%d] com.acme.%s.Worker - %s id=%s build=%d.%d.%d-%07x\n",
			t.Format("2006-01-02 15:04:05,000"), pick(r, levels), pick(r, services), r.IntN(64), pick(r, services), pick(r, phrases), uuid(r), r.IntN(9), r.IntN(30), r.IntN(400), r.IntN(1<<28))
	case 4:
		return fmt.Appendf(out, "time=%s level=%s msg=%q order=%d-%07d sha256=%064x attempt=%d next=%s\n",
			t.Format(time.RFC3339), pick(r, levels), pick(r, phrases), 100+r.IntN(900), r.IntN(1e7), r.Uint64(), r.IntN(9), time.Duration(r.IntN(1e9)))
	default:
		return fmt.Appendf(out, "[%12.6f] %s %04x:%02x:%02x.%d: %s, irq %d, mem 0x%08x-0x%08x\n",
			r.Float64()*1e5, pick(r, drivers), r.IntN(4), r.IntN(256), r.IntN(32), r.IntN(8), pick(r, phrases), r.IntN(200), r.Uint32(), r.Uint32())
	}
}

// PlantedLog is Log with something sensitive in every fiftieth line. Card and
// insurance numbers are of no issuer; keys are random.
func PlantedLog(r *rand.Rand, out []byte) []byte {
	if r.IntN(50) > 0 {
		return Log(r, out)
	}
	out = fmt.Appendf(out, "time=%d level=info msg=%q ", 1_700_000_000+r.IntN(9e7), pick(r, phrases))
	switch r.IntN(4) {
	case 0:
		return fmt.Appendf(out, "user=%s.%s%d@%s\n", pick(r, services), pick(r, hosts), r.IntN(100), "mail.example.org")
	case 1:
		return fmt.Appendf(out, "pan=4111 1111 1111 %04d\n", r.IntN(10000))
	case 2:
		return fmt.Appendf(out, "ssn=%03d-%02d-%04d\n", 100+r.IntN(500), 1+r.IntN(98), 1+r.IntN(9998))
	default:
		return append(letters(r, append(out, "api_key="...), base62, 32), '\n')
	}
}

func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48))
}

// chatBody makes OpenAI request bodies of 1 to 12 KB whose messages are cut out
// of prose and code, one body a line.
func chatBody(prose, code []byte) func(*rand.Rand, []byte) []byte {
	return func(r *rand.Rand, out []byte) []byte {
		messages := []any{map[string]any{"role": "system", "content": pick(r, systems)}}
		for range 1 + r.IntN(5) {
			text := pick(r, questions) + "\n\n" + slice(r, prose, 200+r.IntN(1200))
			if r.IntN(3) == 0 {
				text += "\n```go\n" + slice(r, code, 200+r.IntN(2000)) + "\n```\n"
			}
			messages = append(messages, map[string]any{"role": pick(r, []string{"user", "user", "assistant"}), "content": text})
		}
		body := map[string]any{"model": pick(r, models), "messages": messages, "temperature": 0.7, "stream": r.IntN(2) == 0, "user": fmt.Sprintf("u-%06x", r.IntN(1<<24))}
		data, err := json.Marshal(body)
		if err != nil {
			panic("corpus: a map of strings always marshals")
		}
		return append(append(out, data...), '\n')
	}
}

// slice cuts about n bytes at a word border out of text.
func slice(r *rand.Rand, text []byte, n int) string {
	if len(text) <= n+1 {
		return string(text)
	}
	i := r.IntN(len(text) - n)
	for i < len(text)-n && text[i] != ' ' && text[i] != '\n' {
		i++
	}
	return string(text[i : i+n])
}

// NearHits appends one thing that looks like a finding and is none, or is one
// rarely, without any space to breathe.
func NearHits(r *rand.Rand, out []byte) []byte {
	out = append(out, pick(r, nearHits)...)
	if r.IntN(3) == 0 {
		out = letters(r, out, pick(r, []string{hexLower, decimal, base62, "aeiou", "=:\"' "}), 1+r.IntN(24))
	}
	if r.IntN(4) == 0 {
		out = append(out, pick(r, []string{" ", "\n", ",", "-", "@", "\"", "="})...)
	}
	return out
}

// DigitRuns appends one digit run in one of many groupings.
func DigitRuns(r *rand.Rand, out []byte) []byte {
	sep := pick(r, []string{"", "", " ", "-", "."})
	for i := range 1 + r.IntN(6) {
		if i > 0 {
			out = append(out, sep...)
		}
		out = letters(r, out, decimal, 1+r.IntN(8))
	}
	return append(out, pick(r, []string{" ", "\n", ",", ", ", "\t"})...)
}

var (
	levels    = []string{"INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"}
	services  = []string{"billing", "gateway", "indexer", "scheduler", "mailer", "search", "session", "ledger", "imagery", "cache"}
	hosts     = []string{"web01", "web02", "db-primary", "db-replica", "worker7", "edge-fra", "edge-iad", "bastion"}
	drivers   = []string{"nvme", "e1000e", "ahci", "xhci_hcd", "virtio-pci"}
	methods   = []string{"GET", "GET", "GET", "POST", "PUT", "DELETE"}
	statuses  = []int{200, 200, 200, 201, 204, 301, 304, 400, 404, 500, 503}
	agents    = []string{"curl/7.88.1", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.61 Safari/537.36", "kube-probe/1.29", "Prometheus/2.51.2"}
	phrases   = []string{"request completed", "cache miss, loading from store", "connection reset by peer", "retrying after back-off", "lease renewed", "queue depth above threshold", "checkpoint written", "worker started", "index merged", "slow query", "certificate will expire in 21 days", "configuration reloaded"}
	models    = []string{"gpt-4o", "gpt-4o-mini", "gpt-4.1", "o4-mini"}
	systems   = []string{"You are a helpful assistant.", "You are a senior engineer. Answer briefly.", "Summarise what the user gives you.", "Answer in the language of the question."}
	questions = []string{"Please explain this.", "Summarise the following text in three points:", "What is wrong here?", "Translate into German:", "Rewrite this more clearly.", "Write unit tests for it.", "Why does this fail on arm64?"}
	nearHits  = []string{"sk-", "sk-proj-", "AKIA", "ASIA", "@", "4111 1111 1111 111", "api_key=", "password: ", "ghp_", "xoxb-", "eyJ", "-----BEGIN ", "123-45-", "SSN ", "DE44", "GB29NWBK", "AIza", "secret", "token:", "Bearer ", "user@", "+1 415 ", "MRN", "AccountKey=", "glpat-", "npm_", "0x", "Authorization: ", "://u:", "key", "pwd=", "iban", "card ", "2001:"}
)
