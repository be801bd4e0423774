package inspect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// Many people at the same time, some of whom leave in the middle: nobody's message
// or answer holds what another one sent, in the clear or as a token, whatever pools
// and tables are shared. (In March 2023 a client library showed people each other's
// chats that way.)
func TestNobodyIsGivenAnothersBytes(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	const people, turns = 6, 12
	mails := make([]string, people)
	for p := range mails {
		mails[p] = synthetic.Email()
	}
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			who := fmt.Sprint("person ", p)
			rnd := rand.New(rand.NewPCG(uint64(p), 1))
			first := ""
			for range turns {
				ctx, cancel := context.WithCancel(context.Background())
				q := conversation(t, turn{"user", fmt.Sprintf("%s: write to %s", who, mails[p])})
				q.Principal.Subject = who
				if rnd.IntN(4) == 0 {
					cancel() // gone before it is read
				} else if rnd.IntN(4) == 0 {
					go cancel() // or while it is
				}
				v := i.Request(ctx, q)
				cancel()
				if v.Refusal != nil {
					continue
				}
				body := string(v.Body)
				for _, m := range mails {
					if strings.Contains(body, m) {
						t.Errorf("a value of somebody was sent on for %s", who)
					}
				}
				if !strings.Contains(body, who+":") {
					t.Errorf("%s's message is another one: %d bytes", who, len(body))
				}
				name := tokenForm.FindString(body)
				if first == "" {
					first = name
				}
				if name != first {
					t.Errorf("%s's token was %s and is %s", who, first, name)
				}
				a := v.Answer(http.StatusOK, http.Header{"Content-Type": {"text/event-stream"}})
				var got served
				s := a.Stream(got.send, nil)
				for n, piece := range []string{"to " + name[:7], name[7:], " for " + who} {
					if s.Write([]byte(dialects[0].delta(n, piece))) != nil {
						break
					}
				}
				_, _ = s.Close(context.Background(), rnd.IntN(3) == 0)
				out := got.out.String()
				for o, m := range mails {
					if o != p && strings.Contains(out, m) {
						t.Errorf("%s is shown what person %d sent", who, o)
					}
				}
				if strings.Contains(out, "for person") && (!strings.Contains(out, who) || !strings.Contains(out, mails[p])) {
					t.Errorf("%s is shown %s", who, out)
				}
			}
		})
	}
	all.Wait()
}
