//go:build cgo && hyperscan

package main

/*
#cgo CFLAGS: -O2 -I/usr/include/hs
#cgo LDFLAGS: -lhs
#include <stdlib.h>
#include <hs.h>

static int on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *count) {
	(void)id; (void)from; (void)to; (void)flags;
	++*(unsigned long long *)count;
	return 0;
}

// stream scans p in writes, and begins a new text every reset bytes. All of it
// is one call, so that the way into C costs nothing.
static int stream(const hs_database_t *db, hs_scratch_t *scratch, const char *p, size_t n, size_t write, size_t reset, unsigned long long *count) {
	hs_stream_t *s;
	int err = hs_open_stream(db, 0, &s);
	if (err != HS_SUCCESS) return err;
	for (size_t off = 0; off < n; off += write) {
		if (off > 0 && off % reset == 0) {
			err = hs_reset_stream(s, 0, scratch, on_match, count);
			if (err != HS_SUCCESS) break;
		}
		size_t len = n - off < write ? n - off : write;
		err = hs_scan_stream(s, p + off, (unsigned int)len, 0, scratch, on_match, count);
		if (err != HS_SUCCESS) break;
	}
	int closed = hs_close_stream(s, scratch, on_match, count);
	return err != HS_SUCCESS ? err : closed;
}
*/
import "C"

import (
	"fmt"
	"io"
	"time"
	"unsafe"
)

// A database is compiled expressions. It lives as long as the process.
type database struct {
	db      *C.hs_database_t
	scratch *C.hs_scratch_t
	refused int // expressions that Hyperscan does not compile
	took    time.Duration
}

// compile makes a database for streams out of what Hyperscan takes.
func compile(list []expression) (*database, error) {
	start := cpuTime()
	var d database
	for {
		bad, reason, err := d.try(list)
		if err != nil {
			return nil, err
		}
		if bad < 0 {
			d.took = cpuTime() - start
			return &d, nil
		}
		if d.refused++; d.refused > len(list)/10+1 {
			return nil, fmt.Errorf("hyperscan: rule %s: %s", list[bad].rule, reason)
		}
		list = append(append([]expression(nil), list[:bad]...), list[bad+1:]...)
	}
}

// try compiles all; bad is the first that is refused, or -1.
func (d *database) try(list []expression) (bad int, reason string, err error) {
	n := len(list)
	texts := C.malloc(C.size_t(n) * C.size_t(unsafe.Sizeof((*C.char)(nil))))
	defer C.free(texts)
	view := unsafe.Slice((**C.char)(texts), n)
	flags, ids := make([]C.uint, n), make([]C.uint, n)
	for i, e := range list {
		view[i] = C.CString(e.text)
		defer C.free(unsafe.Pointer(view[i]))
		flags[i], ids[i] = C.HS_FLAG_DOTALL, C.uint(i)
	}
	var failure *C.hs_compile_error_t
	if C.hs_compile_multi((**C.char)(texts), &flags[0], &ids[0], C.uint(n), C.HS_MODE_STREAM, nil, &d.db, &failure) != C.HS_SUCCESS {
		defer C.hs_free_compile_error(failure)
		if failure.expression < 0 {
			return 0, "", fmt.Errorf("hyperscan: %s", C.GoString(failure.message))
		}
		return int(failure.expression), C.GoString(failure.message), nil
	}
	if e := C.hs_alloc_scratch(d.db, &d.scratch); e != C.HS_SUCCESS {
		return 0, "", fmt.Errorf("hyperscan: no scratch: %d", int(e))
	}
	return -1, "", nil
}

// describe says how large it is.
func (d *database) describe() string {
	var size, state C.size_t
	C.hs_database_size(d.db, &size)
	C.hs_stream_size(d.db, &state)
	var info *C.char
	target := ""
	if C.hs_database_info(d.db, &info) == C.HS_SUCCESS {
		target = ", " + C.GoString(info)
		C.free(unsafe.Pointer(info))
	}
	return fmt.Sprintf("%d KB, stream state %d bytes, compiled in %.1f s%s", int(size)>>10, int(state), d.took.Seconds(), target)
}

// scan counts the reports over a text as stream does.
func (d *database) scan(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	var count C.ulonglong
	if e := C.stream(d.db, d.scratch, (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text)), streamWrite, streamText, &count); e != C.HS_SUCCESS {
		return 0, fmt.Errorf("hyperscan: scan failed: %d", int(e))
	}
	return int(count), nil
}

// hyperscanSubjects are both formulations, and the literals of the anchors alone.
func hyperscanSubjects(w io.Writer, b *bench) ([]subject, error) {
	fmt.Fprintf(w, "\nHyperscan %s, streams of %d KB in writes of %d KB\n", C.GoString(C.hs_version()), streamText>>10, streamWrite>>10)
	var out []subject
	add := func(name string, list []expression) error {
		d, err := compile(list)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(w, "  %-32s %d expressions, %d refused, %s\n", name, len(list)-d.refused, d.refused, d.describe())
		out = append(out, subject{name: name, peer: true, run: d.scan})
		return nil
	}
	for _, f := range formulations() {
		list, err := f.express(b.rules)
		if err == nil {
			err = add(f.name, list)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, add(nameLiterals, literals(b.literals))
}
