package content

import "strings"

const (
	// maxIdentifier is the longest value that may pass for an identifier.
	maxIdentifier = 128
	// maxGiven is how many digits in a row an identifier may have, counting over
	// single separators: a social security number has nine.
	maxGiven = 8
	// maxGlued is the same for digits that belong to a word ("file_000000001111"):
	// the shortest payment card has thirteen, twelve stay below it.
	maxGlued = 12
	// maxRandom is the longest run of letters and digits mixed that passes
	// without a known prefix: most credentials are longer.
	maxRandom = 19
)

// knownPrefix returns the length of the word that begins v when it begins
// identifiers which are random behind it, else 0. The words are the protocol's
// own; see OpenAI's API reference.
func knownPrefix(v []byte) int {
	n := 0
	for n < len(v) && (letter(v[n]) || v[n] >= '0' && v[n] <= '9') {
		n++
	}
	if n == len(v) {
		return 0
	}
	n++
	switch string(v[:n]) {
	case "asst_", "batch_", "call_", "chatcmpl-", "cmpl-", "conv_", "cntr_", "ctc_", "eval_", "evalrun_",
		"fc_", "file-", "file_", "libfile_", "ft:", "ftjob-", "g-", "item_", "mcp_", "mcpl_", "mcpr_",
		"modr-", "msg_", "org-", "part_", "proj_", "req_", "resp_", "rs_", "run_", "sediment:", "sess_",
		"step_", "thread_", "toolu_", "tsc_", "upload_", "vs_", "ws_":
		return n
	}
	return 0
}

// identifier reports whether v looks like an identifier, an enum or a number of
// a protocol, and not like something a person wrote: only letters, digits and
// ._:/+-, at most 128 bytes, and none of
//
//   - nine digits or more in a row, single separators between them allowed;
//     thirteen when the row belongs to a word
//   - five digits or more among capitals alone (accounts, national numbers,
//     access keys)
//   - twenty letters and digits mixed, or capitals, small letters and digits
//     over twenty bytes, without a prefix that the protocol gives its identifiers
//
// UUIDs are identifiers wherever they stand. What is not an identifier is read,
// so that the answer false costs a little time and the answer true may cost a miss.
func identifier(v []byte) bool {
	if len(v) > maxIdentifier {
		return false
	}
	known := knownPrefix(v) > 0
	var s shapeOf
	for i := 0; i < len(v); {
		if n := uuid(v[i:]); n > 0 {
			s.separate()
			i += n
			continue
		}
		if !s.add(v, i) {
			return false
		}
		i++
	}
	s.separate()
	s.endChain(false)
	switch {
	case s.given > maxGiven || s.glued > maxGlued && !(known && s.hex):
		return false
	case s.lower == 0 && s.upper > 0 && s.digits > 4:
		return false
	case known:
		return true
	case s.random > maxRandom:
		return false
	}
	return !(len(v) > maxRandom && s.lower > 0 && s.upper > 0 && s.digits > 0)
}

// Identifier reports whether v looks like an identifier of a protocol, and not
// like something a person wrote: what a Skip takes for one.
func Identifier(v string) bool { return identifier([]byte(v)) }

// shapeOf counts what identifier asks about.
type shapeOf struct {
	lower, upper, digits int
	letters, figures     int  // of the run of letters and digits that is open
	random               int  // longest such run that has both
	hex, notHex          bool // some mixed run is all small hexadecimal; the open one is not
	chain                int  // digits in the open chain
	isGlued              bool // the open chain touches a letter or underscore
	given, glued         int  // longest chains
}

func (s *shapeOf) add(v []byte, i int) bool {
	switch c := v[i]; {
	case c >= '0' && c <= '9':
		if s.chain == 0 {
			s.isGlued = i > 0 && (letter(v[i-1]) || v[i-1] == '_')
		}
		s.chain++
		s.digits++
		s.figures++
	case letter(c):
		s.endChain(true)
		s.letters++
		if c >= 'a' {
			s.lower++
			s.notHex = s.notHex || c > 'f'
		} else {
			s.upper++
			s.notHex = true
		}
	case c == '-' || c == '.':
		s.separate()
		if i > 0 && (v[i-1] < '0' || v[i-1] > '9') {
			s.endChain(false)
		}
	case c == '_' || c == ':' || c == '/' || c == '+':
		s.separate()
		s.endChain(c == '_')
	default:
		return false
	}
	return true
}

// separate ends the open run of letters and digits.
func (s *shapeOf) separate() {
	if s.letters > 0 && s.figures > 0 {
		s.random = max(s.random, s.letters+s.figures)
		s.hex = s.hex || !s.notHex && s.letters > 3
	}
	s.letters, s.figures, s.notHex = 0, 0, false
}

func (s *shapeOf) endChain(glued bool) {
	if s.isGlued || glued {
		s.glued = max(s.glued, s.chain)
	} else {
		s.given = max(s.given, s.chain)
	}
	s.chain, s.isGlued = 0, false
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// uuid returns 36 when v begins with a UUID that ends there, else 0.
func uuid(v []byte) int {
	if len(v) < 36 || v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return 0
	}
	for i, c := range v[:36] {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return 0
		}
	}
	if len(v) > 36 && (letter(v[36]) || v[36] >= '0' && v[36] <= '9') {
		return 0
	}
	return 36
}

// tokenish reports whether v is one run of printable ASCII without spaces, as
// credentials and opaque blobs are, and not a data: URL or a document.
func tokenish(v []byte) bool {
	for _, c := range v {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '{' {
			return false
		}
	}
	return !strings.HasPrefix(string(v[:min(len(v), 5)]), "data:")
}
