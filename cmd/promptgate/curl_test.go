package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// curl is the part of curl that the scripts use: -s -x URL --cacert FILE
// -H HEADER -d DATA -i URL. It exits like curl: 0 for any answer, 56 when the
// proxy refuses the CONNECT.
func curl(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("curl", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Bool("s", false, "")
	proxy, data := f.String("x", "", ""), f.String("d", "", "")
	caFile := f.String("cacert", "", "")
	include := f.Bool("i", false, "")
	header := http.Header{}
	f.Func("H", "", func(s string) error {
		k, v, _ := strings.Cut(s, ":")
		header.Add(k, strings.TrimSpace(v))
		return nil
	})
	var target string
	for len(args) > 0 { // the URL may stand anywhere
		if err := f.Parse(args); err != nil {
			return 2
		}
		if args = f.Args(); len(args) > 0 {
			target, args = args[0], args[1:]
		}
	}
	fail := func(code int, err error) int {
		fmt.Fprintf(stderr, "curl: (%d) %v\n", code, err)
		return code
	}
	method := http.MethodGet
	var body io.Reader
	if *data != "" {
		method, body = http.MethodPost, strings.NewReader(*data)
	}
	req, err := http.NewRequest(method, target, body)
	if err != nil {
		return fail(3, err)
	}
	req.Header = header
	transport := &http.Transport{TLSClientConfig: &tls.Config{}, ForceAttemptHTTP2: true}
	if *proxy != "" {
		u, err := url.Parse(*proxy)
		if err != nil {
			return fail(5, err)
		}
		transport.Proxy = http.ProxyURL(u)
	}
	if *caFile != "" {
		pem, err := os.ReadFile(*caFile)
		if err != nil {
			return fail(77, err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	resp, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return fail(56, err)
	}
	defer resp.Body.Close()
	if *include {
		fmt.Fprintf(stdout, "%s %s\n", resp.Proto, resp.Status)
		if err := resp.Header.Write(stdout); err != nil {
			return fail(23, err)
		}
		fmt.Fprintln(stdout)
	}
	if _, err := io.Copy(stdout, resp.Body); err != nil {
		return fail(18, err)
	}
	return 0
}
