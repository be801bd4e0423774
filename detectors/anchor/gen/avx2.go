package main

// avx2 writes classify256, 32 bytes a turn: half a block.
//
// VPSHUFB knows 16 entries and gives zero where bit 7 of the index is set. A
// table of 128 is eight rows of 16: a byte is xored with the row's number and
// 0x70 is added, saturating, which sets bit 7 unless the byte is in the row. A
// set is eight tables: for the byte's class below and from 16, and for each
// eighth of the classes of the byte before, of which a table's byte has one bit each.
func (w *writer) avx2() {
	w.begin("classify256", "tables256")
	w.op("VMOVDQU tables256_low7(DX), Y13")
	w.op("VMOVDQU tables256_seventy(DX), Y15")
	w.op("VPXOR Y14, Y14, Y14")
	w.op("ADDQ CX, CX")
	w.op("VMOVDQU -32(SI), Y0")
	w.rows(false)
	w.op("VMOVDQA Y1, Y12") // classes of the 32 bytes before
	w.label("loop256")
	w.op("VMOVDQU (SI), Y0")
	w.op("VPMOVMSKB Y0, AX")
	w.op("MOVL AX, masks_high%s", dst)
	w.op("VPCMPGTB Y0, Y14, Y11")
	w.rows(true)
	w.op("VPANDN Y2, Y11, Y2")
	for i := len(properties) - 1; i >= 0; i-- {
		r := "AX"
		switch properties[i] {
		case "digit":
			r = "R13"
		case "at":
			r = "BX"
		case "upper":
			r = "R14"
		}
		w.op("VPMOVMSKB Y2, %s", r)
		if r == "AX" {
			w.op("MOVL AX, masks_%s%s", properties[i], dst)
		}
		if i > 0 {
			w.op("VPADDB Y2, Y2, Y2")
		}
	}
	w.op("MOVL BX, AX")
	w.op("ANDL R13, AX")
	w.op("XORL AX, BX")
	w.op("XORL AX, R13")
	w.op("MOVL AX, masks_newline%s", dst)
	w.op("MOVL R14, AX")
	w.op("ANDL R13, AX")
	w.op("XORL AX, R14")
	w.op("XORL AX, R13")
	w.op("MOVL AX, masks_escape%s", dst)
	w.op("MOVL R14, masks_upper%s", dst)
	w.op("MOVL BX, masks_at%s", dst)
	w.op("MOVL R13, masks_digit%s", dst)

	// Y0 = class of the byte before each byte; Y5, Y6 index by class.
	w.op("VPERM2I128 $0x21, Y1, Y12, Y3")
	w.op("VPALIGNR $15, Y3, Y1, Y0")
	w.op("VMOVDQA Y1, Y12")
	w.op("VMOVDQU tables256_sixteen(DX), Y4")
	w.op("VPADDB Y15, Y1, Y5")
	w.op("VPSUBB Y4, Y1, Y6")
	w.op("VPADDB Y15, Y0, Y3")
	w.op("VPSUBB Y4, Y0, Y4")
	for g := range 4 { // Y7 to Y10: the bit of the class before, if it is in this eighth
		index := 3 + g/2
		w.op("VMOVDQU (tables256_bit+%d)(DX), Y%d", g%2*32, 7+g)
		w.op("VPSHUFB Y%d, Y%d, Y%d", index, 7+g, 7+g)
	}
	w.windows(32, func(set int) {
		for g := range 4 {
			at := (set*4 + g) * 64
			w.op("VMOVDQU (tables256_sets+%d)(DX), Y3", at)
			w.op("VMOVDQU (tables256_sets+%d)(DX), Y4", at+32)
			w.op("VPSHUFB Y5, Y3, Y3")
			w.op("VPSHUFB Y6, Y4, Y4")
			w.op("VPOR Y4, Y3, Y3")
			if g == 0 {
				w.op("VPAND Y7, Y3, Y11")
				continue
			}
			w.op("VPAND Y%d, Y3, Y3", 7+g)
			w.op("VPOR Y3, Y11, Y11")
		}
		w.op("VPCMPEQB Y14, Y11, Y11")
		w.op("VPMOVMSKB Y11, BX")
	})
	w.op("ADDQ $32, SI")
	// The next half block, or the next block.
	w.op("ADDQ $4, DI")
	w.op("DECQ CX")
	w.op("JZ done256")
	w.op("TESTQ $1, CX")
	w.op("JNZ loop256")
	w.op("ADDQ $(masks__size-8), DI")
	w.op("JMP loop256")
	w.label("done256")
	w.op("VZEROUPPER")
	w.op("RET")
}

// rows makes Y1 the classes and, if props, Y2 the properties of the bytes Y0,
// taken without their bit 7.
func (w *writer) rows(props bool) {
	w.op("VPAND Y13, Y0, Y0")
	for r := range 8 {
		class, prop := "Y4", "Y3"
		if r == 0 {
			class = "Y1"
		}
		w.op("VPXOR (tables256_row+%d)(DX), Y0, Y3", r*32)
		w.op("VPADDUSB Y15, Y3, Y3")
		w.op("VMOVDQU (tables256_class+%d)(DX), %s", r*32, class)
		w.op("VPSHUFB Y3, %s, %s", class, class)
		if r > 0 {
			w.op("VPOR Y4, Y1, Y1")
		}
		if !props {
			continue
		}
		w.op("VMOVDQU (tables256_prop+%d)(DX), Y4", r*32)
		if r == 0 {
			prop = "Y2"
		}
		w.op("VPSHUFB Y3, Y4, %s", prop)
		if r > 0 {
			w.op("VPOR Y3, Y2, Y2")
		}
	}
}
