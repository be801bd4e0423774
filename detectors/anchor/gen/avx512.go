package main

// avx512 writes classify512, 64 bytes a turn. The tables of classes and as many
// sets as there is room for stay in registers.
func (w *writer) avx512() {
	const (
		prev  = 8 // class of the byte before, times 4
		next  = 10
		bit   = 12
		props = 14
		sets  = 16
		held  = 8 // sets in registers
	)
	w.begin("classify512", "tables512")
	load := func(field string, reg, n int) {
		for i := range n {
			w.op("VMOVDQU64 (tables512_%s+%d)(DX), Z%d", field, i*64, reg+i)
		}
	}
	load("prev", prev, 2)
	load("next", next, 2)
	load("bit", bit, 2)
	load("prop", props, 2)
	load("sets", sets, 2*held)
	w.label("loop512")
	w.op("VMOVDQU64 -1(SI), Z2")
	w.op("VMOVDQU64 (SI), Z0")
	w.op("VPMOVB2M Z0, K1")
	w.op("KMOVQ K1, masks_high%s", dst)
	w.op("KNOTQ K1, K1")
	// Z2 = place of the pair in a set's bytes, Z1 = its bit there.
	w.op("VMOVDQA64 Z0, Z1")
	w.op("VMOVDQA64 Z0, Z3")
	w.op("VPERMI2B Z%d, Z%d, Z2", prev+1, prev)
	w.op("VPERMI2B Z%d, Z%d, Z3", next+1, next)
	w.op("VPORQ Z3, Z2, Z2")
	w.op("VPERMI2B Z%d, Z%d, Z1", bit+1, bit)
	// The table ends at 0x7f; bytes above have no property.
	w.op("VPERMI2B.Z Z%d, Z%d, K1, Z0", props+1, props)
	for i, p := range properties {
		k := 2
		switch p {
		case "digit":
			k = 3
		case "at":
			k = 4
		case "upper":
			k = 6
		}
		w.op("VPTESTMB (tables512_test+%d)(DX), Z0, K%d", i*64, k)
		if k == 2 {
			w.op("KMOVQ K2, masks_%s%s", p, dst)
		}
	}
	w.op("KANDQ K3, K4, K5")
	w.op("KXORQ K5, K3, K3")
	w.op("KXORQ K5, K4, K4")
	w.op("KANDQ K3, K6, K7")
	w.op("KXORQ K7, K3, K3")
	w.op("KXORQ K7, K6, K6")
	w.op("KMOVQ K5, masks_newline%s", dst)
	w.op("KMOVQ K7, masks_escape%s", dst)
	w.op("KMOVQ K6, masks_upper%s", dst)
	w.op("KMOVQ K3, masks_digit%s", dst)
	w.op("KMOVQ K4, masks_at%s", dst)
	w.windows(64, func(set int) {
		z, k := 3+set%3, 1+set%3
		if set < held {
			w.op("VMOVDQA64 Z2, Z%d", z)
			w.op("VPERMI2B Z%d, Z%d, Z%d", sets+2*set+1, sets+2*set, z)
		} else {
			w.op("VMOVDQU64 (tables512_sets+%d)(DX), Z%d", set*128, z)
			w.op("VPERMT2B (tables512_sets+%d)(DX), Z2, Z%d", set*128+64, z)
		}
		w.op("VPTESTNMB Z%d, Z1, K%d", z, k)
		w.op("KMOVQ K%d, BX", k)
	})
	w.op("ADDQ $64, SI")
	w.op("ADDQ $masks__size, DI")
	w.op("DECQ CX")
	w.op("JNZ loop512")
	w.op("VZEROUPPER")
	w.op("RET")
}
