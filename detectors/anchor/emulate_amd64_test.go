package anchor

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// A machine runs the instructions that kernel_amd64.s uses, so that the AVX-512
// kernel is tested on CPUs that lack it. It is written from the manuals, not
// from the kernel.
type machine struct {
	mem    []byte
	r      map[string]uint64
	k      [8]uint64
	z      [32][64]byte
	zero   bool
	symbol map[string]int
}

// emulate calls function name of the assembly with the text at text[at:].
func emulate(t *testing.T, name string, text []byte, at int, tables []byte, m []masks) {
	t.Helper()
	source, err := os.ReadFile("kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(string(source), "TEXT ·"+name+"(SB)")
	if !ok {
		t.Fatalf("no function %s", name)
	}
	code := strings.Split(body, "\n")[1:]
	v := &machine{r: make(map[string]uint64), symbol: symbols()}
	v.mem = append(append(append(v.mem, text...), tables...), make([]byte, len(m)*int(unsafe.Sizeof(masks{})))...)
	v.symbol["p"], v.symbol["n"] = at, len(m)
	v.symbol["t"], v.symbol["m"] = len(text), len(text)+len(tables)
	labels := map[string]int{}
	for i, line := range code {
		if l, ok := strings.CutSuffix(line, ":"); ok {
			labels[l] = i
		}
	}
	for pc := 0; ; pc++ {
		op, rest, _ := strings.Cut(strings.TrimSpace(code[pc]), " ")
		switch op {
		case "RET":
			for i := range m {
				words := (*[unsafe.Sizeof(masks{}) / 8]uint64)(unsafe.Pointer(&m[i]))
				for j := range words {
					words[j] = binary.LittleEndian.Uint64(v.mem[v.symbol["m"]+(i*len(words)+j)*8:])
				}
			}
			return
		case "JNZ", "JZ", "JMP":
			if op == "JMP" || (op == "JZ") == v.zero {
				pc = labels[rest]
			}
		default:
			if strings.HasSuffix(op, ":") {
				continue
			}
			if err := v.step(op, strings.Split(rest, ", ")); err != nil {
				t.Fatalf("%s: %v", code[pc], err)
			}
		}
	}
}

// symbols are the offsets that the assembler takes from go_asm.h.
func symbols() map[string]int {
	var m masks
	var t tables512
	return map[string]int{
		"masks_two": int(unsafe.Offsetof(m.two)), "masks_three": int(unsafe.Offsetof(m.three)), "masks_four": int(unsafe.Offsetof(m.four)),
		"masks_free": int(unsafe.Offsetof(m.free)), "masks_long": int(unsafe.Offsetof(m.long)),
		"masks_digit": int(unsafe.Offsetof(m.digit)), "masks_sep": int(unsafe.Offsetof(m.sep)), "masks_token": int(unsafe.Offsetof(m.token)),
		"masks_at": int(unsafe.Offsetof(m.at)), "masks_upper": int(unsafe.Offsetof(m.upper)), "masks_punct": int(unsafe.Offsetof(m.punct)),
		"masks_ctl": int(unsafe.Offsetof(m.ctl)), "masks_word": int(unsafe.Offsetof(m.word)), "masks_newline": int(unsafe.Offsetof(m.newline)),
		"masks_escape": int(unsafe.Offsetof(m.escape)), "masks_high": int(unsafe.Offsetof(m.high)), "masks__size": int(unsafe.Sizeof(m)),
		"tables512_prev": int(unsafe.Offsetof(t.prev)), "tables512_next": int(unsafe.Offsetof(t.next)), "tables512_bit": int(unsafe.Offsetof(t.bit)),
		"tables512_prop": int(unsafe.Offsetof(t.prop)), "tables512_sets": int(unsafe.Offsetof(t.sets)), "tables512_test": int(unsafe.Offsetof(t.test)),
	}
}

// number evaluates sums of numbers and symbols: "(tables512_sets+64)", "-1".
func (v *machine) number(s string) int {
	sum := 0
	for part := range strings.SplitSeq(strings.Trim(s, "()"), "+") {
		if n, err := strconv.Atoi(part); err == nil {
			sum += n
		} else if n, ok := v.symbol[part]; ok {
			sum += n
		} else if part != "" {
			panic("unknown symbol " + part)
		}
	}
	return sum
}

// address returns the place that an operand like "64(SI)" or "p+0(FP)" means.
func (v *machine) address(s string) (place int, isMemory bool) {
	open := strings.LastIndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return 0, false
	}
	return int(v.r[s[open+1:len(s)-1]]) + v.number(s[:open]), true
}

func (v *machine) get(s string) uint64 {
	if strings.HasSuffix(s, "(FP)") {
		name, _, _ := strings.Cut(s, "+")
		return uint64(v.symbol[name])
	}
	if n, ok := strings.CutPrefix(s, "$"); ok {
		return uint64(v.number(n))
	}
	if s[0] == 'K' {
		return v.k[v.reg(s)]
	}
	if a, ok := v.address(s); ok {
		return binary.LittleEndian.Uint64(v.mem[a:])
	}
	return v.r[s]
}

func (v *machine) set(s string, x uint64) {
	if a, ok := v.address(s); ok {
		binary.LittleEndian.PutUint64(v.mem[a:], x)
	} else if s[0] == 'K' {
		v.k[v.reg(s)] = x
	} else {
		v.r[s] = x
	}
}

func (v *machine) reg(s string) int {
	n, err := strconv.Atoi(s[1:])
	if err != nil {
		panic("not a numbered register: " + s)
	}
	return n
}

func (v *machine) vector(s string) [64]byte {
	if a, ok := v.address(s); ok {
		return [64]byte(v.mem[a : a+64])
	}
	return v.z[v.reg(s)]
}

// step runs one instruction; operands are in Go's order, the destination last.
func (v *machine) step(op string, arg []string) error {
	dst := arg[len(arg)-1]
	switch op {
	case "MOVQ", "KMOVQ":
		v.set(dst, v.get(arg[0]))
	case "XORL":
		v.set(dst, uint64(uint32(v.get(arg[0])^v.get(dst))))
	case "ORQ":
		v.set(dst, v.get(arg[0])|v.get(dst))
	case "ANDQ":
		v.set(dst, v.get(arg[0])&v.get(dst))
	case "SHLQ":
		v.set(dst, v.get(dst)<<v.get(arg[0]))
	case "NOTQ":
		v.set(dst, ^v.get(dst))
	case "ADDQ":
		v.set(dst, v.get(arg[0])+v.get(dst))
	case "DECQ":
		v.set(dst, v.get(dst)-1)
		v.zero = v.get(dst) == 0
	case "SHRQ":
		v.set(dst, v.get(dst)>>v.get(arg[0]))
	case "KNOTQ":
		v.set(dst, ^v.get(arg[0]))
	case "KANDQ":
		v.set(dst, v.get(arg[0])&v.get(arg[1]))
	case "KXORQ":
		v.set(dst, v.get(arg[0])^v.get(arg[1]))
	case "VMOVDQU64", "VMOVDQA64":
		v.z[v.reg(dst)] = v.vector(arg[0])
	case "VPORQ":
		a, b := v.vector(arg[0]), v.vector(arg[1])
		for i := range a {
			a[i] |= b[i]
		}
		v.z[v.reg(dst)] = a
	case "VPMOVB2M":
		v.set(dst, gatherBits(v.vector(arg[0]), func(b byte) bool { return b >= 0x80 }))
	case "VPTESTMB", "VPTESTNMB":
		a, b := v.vector(arg[0]), v.vector(arg[1])
		for i := range a {
			a[i] &= b[i]
		}
		v.set(dst, gatherBits(a, func(b byte) bool { return (b != 0) == (op == "VPTESTMB") }))
	case "VPERMI2B", "VPERMI2B.Z": // high half, low half, [mask,] index and destination
		high, low, index := v.vector(arg[0]), v.vector(arg[1]), v.vector(dst)
		keep := ^uint64(0)
		if op == "VPERMI2B.Z" {
			keep = v.get(arg[2])
		}
		for i, x := range index {
			half := low
			if x&64 != 0 {
				half = high
			}
			index[i] = half[x&63] * byte(keep>>i&1)
		}
		v.z[v.reg(dst)] = index
	case "VPERMT2B": // high half, index, low half and destination
		high, index, low := v.vector(arg[0]), v.vector(arg[1]), v.vector(dst)
		for i, x := range index {
			half := low
			if x&64 != 0 {
				half = high
			}
			index[i] = half[x&63]
		}
		v.z[v.reg(dst)] = index
	case "VZEROUPPER":
	default:
		return fmt.Errorf("instruction is not emulated")
	}
	return nil
}

func gatherBits(b [64]byte, is func(byte) bool) (m uint64) {
	for i, x := range b {
		if is(x) {
			m |= 1 << i
		}
	}
	return m
}

// The AVX-512 kernel, emulated, makes the masks that the portable one makes.
func FuzzEmulatedKernel(f *testing.F) {
	s := compile(f, Config{Literals: samples(), Path: Portable})
	sets := new(pairSets)
	for i, set := range s.pair.sets {
		sets[i>>5][i&31] = set
	}
	wide := newTables512(&s.prop, sets)
	raw := (*[unsafe.Sizeof(*wide)]byte)(unsafe.Pointer(wide))[:]
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	f.Add(every)
	f.Add([]byte("account number 4111-1111 sk-müller номер паспорта\n\t@-----BEGIN RSA PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1024 {
			t.Skip()
		}
		text := make([]byte, kernelReach+(len(data)+64)/64*64)
		copy(text[kernelReach-1:], data)
		n := (len(text) - kernelReach) / 64
		got, want := make([]masks, n), make([]masks, n)
		emulate(t, "classify512", text, kernelReach, raw, got)
		s.classifyPortable(text, kernelReach, want)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("block %d: masks\n%064b, want\n%064b", i, got[i], want[i])
			}
		}
	})
}
