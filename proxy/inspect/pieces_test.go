package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/upload"
)

// A file in pieces, as OpenAI's SDKs send it.
type pieces struct {
	t *testing.T
	i *Inspector
}

func newPieces(t *testing.T, profile string) pieces {
	book, err := upload.NewBook()
	if err != nil {
		t.Fatal(err)
	}
	return pieces{t, New(shippedRules(t, profile), Config{Uploads: book})}
}

// part sends one piece and has it named, as the answer would.
func (p pieces) part(id, text string) *Verdict {
	q := post(p.t, "https://api.openai.com/v1/uploads/upload_1/parts", "")
	q.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	q.Body = []byte("--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"blob\"\r\nContent-Type: application/octet-stream\r\n\r\n" + text + "\r\n--b--\r\n")
	v := p.i.Request(p.t.Context(), q)
	if v.Named != nil && id != "" {
		v.Named([]byte(`{"object":"upload.part","id":"` + id + `"}`))
	}
	return v
}

func (p pieces) complete(ids ...string) *Verdict {
	body, _ := json.Marshal(map[string]any{"part_ids": ids})
	return p.i.Request(p.t.Context(), post(p.t, "https://api.openai.com/v1/uploads/upload_1/complete", string(body)))
}

func TestAValueCutOverTwoPiecesIsNotPutTogether(t *testing.T) {
	prose := strings.Repeat("The harbour was quiet and the boats lay still. ", 400)
	card := synthetic.Card()
	for at := 1; at < len(card); at++ {
		p := newPieces(t, "l2")
		for _, x := range [][2]string{{"part_b", card[at:] + " until Friday. " + prose}, {"part_a", prose + "Use credit card " + card[:at]}} { // the second comes first
			if v := p.part(x[0], x[1]); v.Refusal != nil {
				t.Fatalf("cut at %d: a piece alone: %s by %s, %+v", at, v.Action, v.Decision.Rule, v.Findings)
			}
		}
		v := p.complete("part_a", "part_b")
		if v.Refusal == nil || len(v.Findings) == 0 || v.Findings[0].Type != "pci.payment_card" || v.Findings[0].Locator != "parts[0]:border" {
			t.Errorf("cut at %d: %s, %+v", at, v.Action, v.Findings)
		}
		if v := p.complete("part_b", "part_a"); v.Refusal != nil || len(v.Findings) > 0 {
			t.Errorf("cut at %d: in the other order there is no card: %s by %s, %+v", at, v.Action, v.Decision.Rule, v.Findings)
		}
	}
}

func TestACardOverThreePieces(t *testing.T) {
	card := synthetic.Card()
	p := newPieces(t, "l2")
	p.part("a", "number,holder\ncredit card "+card[:5])
	p.part("b", card[5:11])
	p.part("c", card[11:]+",Lena\n")
	if v := p.complete("a", "b", "c"); v.Refusal == nil {
		t.Errorf("%s, %+v", v.Action, v.Findings)
	}
}

func TestAnUploadWithoutAnythingInItIsPutTogether(t *testing.T) {
	p := newPieces(t, "l2")
	card := synthetic.Card()
	p.part("a", "The harbour was quiet. The credit card "+card+" is in the first piece, and was replaced there. It ra")
	p.part("b", "ined all day.")
	v := p.complete("a", "b")
	if v.Refusal != nil || len(v.Findings) > 0 || len(v.Gaps) > 0 && causes(v) != "reference reference" {
		t.Errorf("%s by %s, %+v, gaps %v", v.Action, v.Decision.Rule, v.Findings, v.Gaps)
	}
	if v := p.complete("a", "b"); !strings.Contains(fmt.Sprint(v.Gaps), "parts") {
		t.Errorf("what is over is still known: %v", v.Gaps)
	}
}

func TestAnUploadOfWhichAPieceWasRefusedIsNotPutTogether(t *testing.T) {
	p := newPieces(t, "l2")
	p.part("a", "The harbour was quiet.")
	if v := p.part("b", synthetic.PrivateKey()); v.Refusal == nil {
		t.Fatalf("a private key: %s", v.Action)
	}
	v := p.complete("a")
	if v.Refusal == nil || v.Decision.Rule != refusedPart || v.Action != "block" || !strings.Contains(string(v.Refusal.Body), "part of this file") {
		t.Errorf("%s by %s", v.Action, v.Decision.Rule)
	}
}

// Blocks of a blob carry their names, and the list has the order.
func TestBlocksOfABlob(t *testing.T) {
	p := newPieces(t, "l2")
	card := synthetic.Card()
	put := func(query, body string) *Verdict {
		q := post(t, "https://sdmntprwesteurope.oaiusercontent.com/files/00000000-2222/raw?sig=a&"+query, body)
		q.Method, q.Header = http.MethodPut, http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}
		q.Endpoint = theWorld(t).providers.Match(q.Method, q.Host, q.URL.Path)
		return p.i.Request(t.Context(), q)
	}
	block := func(id string) string { return "comp=block&blockid=" + url.QueryEscape(id) }
	put(block("Mg=="), card[7:]+" is the number.")
	put(block("MQ=="), "The credit card "+card[:7])
	list := func(ids ...string) string {
		return `<?xml version="1.0"?><BlockList><Latest>` + strings.Join(ids, "</Latest><Latest>") + "</Latest></BlockList>"
	}
	if v := put("comp=blocklist", list("MQ==", "Mg==")); v.Refusal == nil || v.Findings[0].Type != "pci.payment_card" {
		t.Errorf("%s, %+v", v.Action, v.Findings)
	}
	v := put("comp=blocklist", list("Mg==", "MQ==", "Mw=="))
	if v.Refusal != nil || !strings.Contains(fmt.Sprint(v.Gaps), string(detectors.CauseReference)) {
		t.Errorf("%s, gaps %v", v.Action, v.Gaps)
	}
}

// Bytes that go to an address the page was given carry no word of whose file they
// are: a file that was refused there is known again in what refers to it.
func TestAFileThatWasRefusedIsNotReferredTo(t *testing.T) {
	book, err := upload.NewBook()
	if err != nil {
		t.Fatal(err)
	}
	r := shippedRules(t, "l2")
	r.Policy = anyTool(t)
	i := New(r, Config{Uploads: book})
	send := func(method, address, body string) *Verdict {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := post(t, address, body)
		q.Method, q.Endpoint = method, theWorld(t).providers.Match(method, u.Hostname(), u.Path)
		if method == http.MethodPut {
			q.Header = http.Header{"Content-Type": {"application/octet-stream"}}
		} else {
			q.Header.Set("Authorization", "Bearer x")
		}
		return i.Request(t.Context(), q)
	}
	const blob = "https://sdmntprwesteurope.oaiusercontent.com/files/00000000-%d/raw"
	announce := func(n int, path, answer string) {
		v := send(http.MethodPost, "https://chatgpt.com"+path, `{"file_name":"a.csv","use_case":"my_files"}`)
		if v.Named == nil {
			t.Fatalf("nobody waits for the answer of %s (%s)", path, v.Action)
		}
		v.Named([]byte(strings.ReplaceAll(answer, "URL", fmt.Sprintf(blob, n)+"?sig=a%2Bb")))
	}
	announce(1, "/backend-api/files", `{"status":"success","file_id":"file_000000001111","upload_url":"URL"}`)
	announce(2, "/backend-api/files", `{"status":"success","file_id":"file_000000002222","upload_url":"URL"}`)
	announce(3, "/backend-api/files/upload_reservations", `{"eligible":true,"reservation_id":"res_000000003333","upload_url":"URL"}`)
	track := "%B4111111111111111^DOE/JANE^3012101000000000000?" // a published test number
	for n, body := range []string{"name,note\nx,quiet\n", track, track} {
		v := send(http.MethodPut, fmt.Sprintf(blob, n+1)+"?sig=x", body)
		if (v.Refusal != nil) != (n > 0) {
			t.Fatalf("file %d: %s by %s, %+v", n+1, v.Action, v.Decision.Rule, v.Findings)
		}
	}
	talk := func(id string) *Verdict {
		return send(http.MethodPost, "https://chatgpt.com/backend-api/f/conversation",
			`{"messages":[{"author":{"role":"user"},"content":{"parts":["What is in it?"]},"metadata":{"attachments":[{"id":"`+id+`","name":"a.csv"}]}}],"model":"gpt-5"}`)
	}
	for id, refused := range map[string]bool{"file_000000001111": false, "file_000000002222": true} {
		v := talk(id)
		if (v.Decision.Rule == refusedPart) != refused || refused && !strings.Contains(string(v.Refusal.Body), "was refused when it was uploaded") {
			t.Errorf("%s: %s by %s", id, v.Action, v.Decision.Rule)
		}
	}
	if v := send(http.MethodPost, "https://chatgpt.com/backend-api/files/upload_reservations/res_000000003333/claim_and_finish", `{"file_name":"a.csv"}`); v.Decision.Rule != refusedPart {
		t.Errorf("the reservation is claimed: %s by %s", v.Action, v.Decision.Rule)
	}
	send(http.MethodPut, fmt.Sprintf(blob, 2)+"?sig=x", "name,note\nx,quiet\n") // it is sent again, without the card
	if v := talk("file_000000002222"); v.Decision.Rule == refusedPart {
		t.Error("a file that was sent again is still refused")
	}
}
