package inspect

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/content/file"
	"github.com/promptgate/promptgate/proxy/policy"
)

// labelled is a docx with a label in its LabelInfo, where none of its text says so.
func labelled(t *testing.T, label string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"word/document.xml", "<w:document><w:body><w:p><w:r><w:t>Lunch is at noon.</w:t></w:r></w:p></w:body></w:document>"},
		{"docMetadata/LabelInfo.xml", `<clbl:labelList><clbl:label id="{` + label + `}" enabled="1" method="Standard"/></clbl:labelList>`},
	} {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPolicyMapsLabelsToActions(t *testing.T) {
	const secret, open, edited = "f42aa342-8706-4288-bd11-ebb85995028c", "0fa45617-0b5f-4c4f-8b3e-0b1a5f0c7f11", "5d2c6a10-6f4d-4a59-9a4e-7a0d86a5b7a3"
	r := shippedRules(t, "l2")
	p, err := policy.Parse("labels.toml", fmt.Appendf(nil, `
title = "labels"
[[rule]]
id = "stop"
when = { label = [%q] }
gate = "block"
controls = ["CIS-3.2"]
source = "test"
reason = "The document is labelled secret."
[[rule]]
id = "take_out"
when = { label = [%q] }
redact = "placeholder"
controls = ["CIS-3.2"]
source = "test"
`, secret, edited), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	for _, c := range []struct{ name, label, action string }{
		{"named", secret, "block"},
		{"not named", open, "allow"},
		{"cannot be taken out", edited, "block"},
		{"no GUID", "4111-1111-1111-1111", "allow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := post(t, "https://api.openai.com/v1/files", "")
			q.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			q.Body = slices.Concat([]byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.docx\"\r\n\r\n"), labelled(t, c.label), []byte("\r\n--b--\r\n"))
			v := decided(t, r, Config{Files: &file.Reader{}}, q)
			if v.Action != c.action || (v.Refusal != nil) != (c.action == "block") {
				t.Errorf("action %s by %s, gaps %v, findings %+v", v.Action, v.Decision.Rule, v.Gaps, v.Findings)
			}
			if c.action != "block" || c.label == secret { // in the text of a prompt
				q := chat(t, "The properties say MSIP_Label_"+strings.ToUpper(c.label)+"_Enabled=true,\nwhat is that?")
				if v := decided(t, r, Config{}, q); v.Action != c.action {
					t.Errorf("in a prompt: %s by %s, findings %+v", v.Action, v.Decision.Rule, v.Findings)
				}
			}
			for _, f := range v.Findings {
				if f.Locator != "file:docx" || f.Evidence[0].Name != "label:"+c.label {
					t.Errorf("finding %+v", f)
				}
			}
		})
	}
}
