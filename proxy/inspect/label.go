package inspect

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

const (
	labelType = "confidential.label"
	labelRule = "confidential.label" // whose severity and controls a label of a file has, too
	maxLabels = 64
)

// named gives findings of labels in text the evidence label:<GUID> that policies
// ask for, as those of files have it.
func (m *message) named(c *collector) {
	for i := range c.findings {
		f := &c.findings[i]
		if f.Rule != labelRule || f.Doc >= m.outside {
			continue
		}
		text, ok := m.walk.Replaced(nil, f.Doc, f.Span)
		if id, is := strings.CutPrefix(strings.ToLower(string(text)), "msip_label_"); ok && is && content.Identifier(id) {
			f.Evidence = append(slices.Clip(f.Evidence), detectors.Evidence{Name: "label:" + id})
		}
	}
}

// labels makes a finding of each sensitivity label that a file carries, with the
// evidence label:<GUID> that policies ask for. A label is a property of its file
// and no text that could be taken out: its document stands outside the body, so
// that a redaction of it becomes a block.
func (c *collector) labels() {
	seen := map[string]bool{}
	for _, f := range c.facts {
		if f.Name != "label" || seen[f.Value] || len(seen) == maxLabels {
			continue
		}
		seen[f.Value] = true
		id := len(c.docs)
		c.docs = append(c.docs, content.Doc{ID: id, Locator: f.Locator, Role: content.RoleFile, Media: "text/plain"})
		sum := sha256.Sum256([]byte(f.Value)) // of no secret: it only tells labels apart
		c.add(id, detectors.Finding{
			Type: labelType, Rule: labelRule, Confidence: detectors.High, Digest: detectors.Digest(sum[:16]),
			Evidence: []detectors.Evidence{{Name: "label:" + f.Value, Points: int16(detectors.High)}},
		})
	}
}
