package file

import (
	"context"
	"errors"
	"sync"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/promptgate/promptgate/detectors"
)

const (
	// pdfPages is the memory of PDFium in pages of 64 KiB: 512 MiB.
	pdfPages = 8192
	// maxPages is how many pages of a document are read.
	maxPages = 10_000
)

// PDF is PDFium, compiled to WebAssembly: it reads no file and sees no network.
// Compiling it takes seconds, once for each cache directory; the rest is done at
// the first use. One document is read at a time. Safe for concurrent use.
type PDF struct {
	// Cache is a directory for the compiled code; "" compiles it in each process.
	Cache string

	mu   sync.Mutex
	pool pdfium.Pool
	err  error
}

// open starts PDFium. The caller holds mu.
func (p *PDF) open() (pdfium.Pdfium, error) {
	if p.pool == nil && p.err == nil {
		c := wazero.NewRuntimeConfig().WithMemoryLimitPages(pdfPages).WithCloseOnContextDone(true).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
		if p.Cache != "" {
			if cache, err := wazero.NewCompilationCacheWithDir(p.Cache); err == nil { // else slower
				c = c.WithCompilationCache(cache)
			}
		}
		p.pool, p.err = webassembly.Init(webassembly.Config{MaxIdle: 1, MaxTotal: 1, FSConfig: wazero.NewFSConfig(), RuntimeConfig: c})
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.pool.GetInstanceWithContext(context.Background())
}

// warm starts PDFium, so that its code is in the cache.
func (p *PDF) warm() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if in, err := p.open(); err == nil {
		_ = in.Close()
	}
}

// readPDF reads the text of the pages, the properties, the sensitivity labels
// and the attached files.
func (j *job) readPDF(data []byte, at string) string {
	if j.pdf == nil {
		return ""
	}
	j.pdf.mu.Lock()
	defer j.pdf.mu.Unlock()
	in, err := j.pdf.open()
	if err != nil {
		j.gap(at, detectors.CauseUnknownFormat, len(data))
		return "pdf"
	}
	defer in.Close()
	j.labels(data) // entries of the document information, mostly not compressed
	doc, err := in.OpenDocument(&requests.OpenDocument{File: &data})
	if err != nil {
		cause := detectors.CauseDecodeError
		if errors.Is(err, pdfiumerrors.ErrPassword) {
			cause = detectors.CauseEncryptedFile
		}
		j.gap(at, cause, len(data))
		return "pdf"
	}
	j.pdfProperties(in, doc.Document, at)
	count, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(data))
		return "pdf"
	}
	empty := 0
	for i := range min(count.PageCount, maxPages) {
		here := under(at, ordinal("page", i))
		if j.over(here) {
			return "pdf"
		}
		t, err := in.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}}})
		switch {
		case err != nil:
			j.gap(here, detectors.CauseDecodeError, 0)
		case len(t.Text) == 0:
			empty++
		default:
			j.part(here, "", []byte(t.Text))
		}
	}
	if count.PageCount > maxPages {
		j.gap(at, detectors.CauseDecodeBomb, len(data))
	}
	if empty > 0 { // a page without text is a picture of one
		j.gap(at, detectors.CauseImage, len(data)/max(count.PageCount, 1)*empty)
	}
	if a, err := in.GetAttachments(&requests.GetAttachments{Document: doc.Document}); err == nil {
		for i, f := range a.Attachments {
			here := under(at, ordinal("attachment", i))
			if j.entries++; j.over(here) {
				return "pdf"
			}
			j.part(under(here, "name"), "", []byte(f.Name))
			j.unpacked += len(f.Content)
			j.entry(f.Content, here, j.limits.Depth-2)
		}
	}
	return "pdf"
}

func (j *job) pdfProperties(in pdfium.Pdfium, doc references.FPDF_DOCUMENT, at string) {
	m, err := in.GetMetaData(&requests.GetMetaData{Document: doc})
	if err != nil {
		return
	}
	var out []byte
	for _, t := range m.Tags {
		switch t.Tag {
		case "Title", "Author", "Subject", "Keywords":
			if t.Value != "" {
				out = append(append(append(append(out, t.Tag...), ": "...), t.Value...), '\n')
			}
		}
	}
	j.part(under(at, "properties"), "", out)
}
