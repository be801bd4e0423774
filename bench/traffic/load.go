package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"
)

// A load is one client: conns connections through one proxy, each its own
// transport so that HTTP/2 does not put all on one.
type load struct {
	clients []*http.Client
	body    []byte
	url     string
}

func newLoad(proxy, caFile, target string, body []byte, conns int, h2 bool) (*load, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	l := &load{body: body, url: target}
	for range conns {
		t := &http.Transport{
			Proxy:              http.ProxyURL(&url.URL{Scheme: "http", Host: proxy}),
			TLSClientConfig:    &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2:  h2,
			MaxConnsPerHost:    1,
			DisableCompression: true,
		}
		if !h2 {
			t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		l.clients = append(l.clients, &http.Client{Transport: t, Timeout: 30 * time.Second})
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		c.CloseIdleConnections()
	}
}

// A sample is what one run saw.
type sample struct {
	rps      float64
	p50, p99 time.Duration
	failed   int
	lastErr  error
}

// run sends requests for d: as fast as answers come, or, with rate > 0, at that
// many a second over all connections. The latency of a request at a rate counts
// from when it was due, so that a slow answer does not hide the ones behind it.
func (l *load) run(d time.Duration, rate float64) sample {
	var (
		mu   sync.Mutex // guards all, s
		all  []time.Duration
		s    sample
		done sync.WaitGroup
	)
	start := time.Now()
	for i, c := range l.clients {
		done.Go(func() {
			var mine []time.Duration
			failed, gap := 0, time.Duration(0)
			var last error
			due := start
			if rate > 0 {
				gap = time.Duration(float64(len(l.clients)) / rate * float64(time.Second))
				due = start.Add(gap * time.Duration(i) / time.Duration(len(l.clients)))
			}
			for {
				if rate > 0 {
					time.Sleep(time.Until(due))
				} else {
					due = time.Now()
				}
				if time.Since(start) >= d {
					break
				}
				if err := l.one(c); err != nil {
					failed, last = failed+1, err
				} else {
					mine = append(mine, time.Since(due))
				}
				due = due.Add(gap)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			s.failed += failed
			if last != nil {
				s.lastErr = last
			}
		})
	}
	done.Wait()
	took := time.Since(start)
	slices.Sort(all)
	s.rps = float64(len(all)) / took.Seconds()
	if len(all) > 0 {
		s.p50, s.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return s
}

func (l *load) one(c *http.Client) error {
	req, err := http.NewRequest(http.MethodPost, l.url, bytes.NewReader(l.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer bench")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
