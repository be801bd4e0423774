package ca

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// a clock that tests move.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Unix())
	return c
}
func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d / time.Second)) }

func suffixes() []string { return []string{"openai.com", "chatgpt.com", "openai.azure.com"} }

func open(t *testing.T, dir string, c *clock) *Authority {
	t.Helper()
	a, err := Open(Config{Dir: dir, Constraints: suffixes(), PublicURL: "http://127.0.0.1:8081", Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// verify checks the chain the way a client that trusts the root does.
func verify(a *Authority, chain *tls.Certificate, host string, now time.Time) error {
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(a.Root())
	for _, der := range chain.Certificate[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		middle.AddCert(c)
	}
	_, err := chain.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: middle, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

func TestLeafVerifiesAndNamesOneHost(t *testing.T) {
	c := newClock()
	a := open(t, filepath.Join(t.TempDir(), "ca"), c)
	long := strings.Repeat("a", 63) + "." + strings.Repeat("b", 30) + ".openai.azure.com"
	for _, host := range []string{"api.openai.com", "chatgpt.com", long} {
		leaf, err := a.Leaf(host)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(a, leaf, host, c.now()); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if verify(a, leaf, "x."+host, c.now()) == nil {
			t.Errorf("%s: the leaf is good for names below it", host)
		}
		l := leaf.Leaf
		if l.Subject.String() != "" || len(l.DNSNames) != 1 {
			t.Errorf("%s: subject %q, names %v, want SAN only", host, l.Subject, l.DNSNames)
		}
		if d := l.NotAfter.Sub(l.NotBefore); d > MaxLeafTTL {
			t.Errorf("%s: lives %v", host, d)
		}
		if len(l.SubjectKeyId) == 0 || !bytes.Equal(l.AuthorityKeyId, a.issuing.cert.SubjectKeyId) {
			t.Errorf("%s: key identifiers do not link leaf and issuer", host)
		}
		if len(l.ExtKeyUsage) != 1 || l.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth || l.KeyUsage != x509.KeyUsageDigitalSignature {
			t.Errorf("%s: usages %v %v", host, l.ExtKeyUsage, l.KeyUsage)
		}
		if got := fmt.Sprint(l.CRLDistributionPoints); got != "[http://127.0.0.1:8081/issuing.crl]" {
			t.Errorf("%s: revocation list at %s", host, got)
		}
	}
}

func TestNameConstraintsBindWhoeverHoldsTheKeys(t *testing.T) {
	c := newClock()
	a := open(t, filepath.Join(t.TempDir(), "ca"), c)
	for _, host := range []string{"bank.example", "notopenai.com", "openai.com.evil.example", "com", "127.0.0.1", ""} {
		if _, err := a.Leaf(host); err == nil {
			t.Errorf("Leaf(%q) was signed", host)
		}
	}
	// A thief does not ask Leaf; he signs with the stolen key.
	for _, by := range []*pair{a.issuing, a.root} {
		cert, err := sign(&x509.Certificate{DNSNames: []string{"bank.example"}, NotBefore: c.now().Add(-time.Hour), NotAfter: c.now().Add(time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, by, &a.leafKey.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		forged := &tls.Certificate{Certificate: [][]byte{cert.Raw, a.issuing.cert.Raw}, Leaf: cert}
		var invalid x509.CertificateInvalidError
		if err := verify(a, forged, "bank.example", c.now()); !errors.As(err, &invalid) || invalid.Reason != x509.CANotAuthorizedForThisName {
			t.Errorf("signed by %s: verify = %v, want a name constraint violation", by.cert.Subject, err)
		}
		if !by.cert.PermittedDNSDomainsCritical || len(by.cert.ExcludedIPRanges) != 2 {
			t.Errorf("%s: constraints not critical or IP addresses open", by.cert.Subject)
		}
	}
	if got := a.Uncovered([]string{"openai.com", "anthropic.example"}); fmt.Sprint(got) != "[anthropic.example]" {
		t.Errorf("Uncovered = %v", got)
	}
}

func TestSecondStartKeepsTheRoot(t *testing.T) {
	c, dir := newClock(), filepath.Join(t.TempDir(), "ca")
	a, b := open(t, dir, c), open(t, dir, c)
	if !bytes.Equal(a.RootPEM(), b.RootPEM()) {
		t.Error("a new root was made")
	}
	for _, f := range allFiles() {
		info, err := os.Stat(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, keyExt) && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", f, info.Mode().Perm())
		}
	}
	if s := b.Show(); len(s) != 2 || len(s[0].Fingerprint) != 95 || len(s[1].Permitted) != 3 {
		t.Errorf("Show = %+v", s)
	}
	if block, _ := pem.Decode(b.RootPEM()); !bytes.Equal(block.Bytes, b.RootDER()) {
		t.Error("PEM and DER differ")
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(t *testing.T, dir string, c *clock)
		file   string // in the error
		remedy string
	}{
		{"key readable by the group", func(t *testing.T, dir string, _ *clock) { chmod(t, dir, "root.key", 0o640) }, "root.key", "chmod 600"},
		{"issuing key readable by all", func(t *testing.T, dir string, _ *clock) { chmod(t, dir, "issuing.key", 0o644) }, "issuing.key", "chmod 600"},
		{"directory writable by others", func(t *testing.T, dir string, _ *clock) { chmod(t, dir, "", 0o777) }, "ca ", "chmod 700"},
		{"issuing expired", func(_ *testing.T, _ string, c *clock) { c.advance(issuingTTL + 2*time.Hour) }, "issuing.crt", "move"},
		{"root expired", func(_ *testing.T, _ string, c *clock) { c.advance(rootTTL + 2*time.Hour) }, "root.crt", "move"},
		{"clock before the certificate", func(_ *testing.T, _ string, c *clock) { c.advance(-48 * time.Hour) }, "root.crt", "clock"},
		{"key of another authority", func(t *testing.T, dir string, c *clock) { replace(t, dir, c, "root.key") }, "root.key", "same backup"},
		{"issuing pair of another authority", func(t *testing.T, dir string, c *clock) { replace(t, dir, c, "issuing.key", "issuing.crt") }, "issuing.crt", "same backup"},
		{"root key missing", func(t *testing.T, dir string, _ *clock) { remove(t, dir, "root.key") }, "root.key", "backup"},
		{"certificate is not PEM", func(t *testing.T, dir string, _ *clock) { write(t, dir, "root.crt", "hello") }, "root.crt", "backup"},
		{"key is not a key", func(t *testing.T, dir string, _ *clock) {
			write(t, dir, "root.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
		}, "root.key", "backup"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, dir := newClock(), filepath.Join(t.TempDir(), "ca")
			open(t, dir, c)
			tt.spoil(t, dir, c)
			_, err := Open(Config{Dir: dir, Constraints: suffixes(), PublicURL: "http://127.0.0.1:8081", Now: c.now})
			var fe *FileError
			if !errors.As(err, &fe) || !strings.Contains(err.Error(), tt.file) || !strings.Contains(fe.Remedy, tt.remedy) {
				t.Errorf("Open = %v, want %s and the remedy %q", err, tt.file, tt.remedy)
			}
		})
	}
}

func TestOpenRefusesConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"no constraints":    {},
		"a top-level name":  {Constraints: []string{"com"}},
		"a wildcard":        {Constraints: []string{"*.openai.com"}},
		"an https list":     {Constraints: suffixes(), PublicURL: "https://proxy.example"},
		"a relative list":   {Constraints: suffixes(), PublicURL: "proxy.example"},
		"a query in a list": {Constraints: suffixes(), PublicURL: "http://proxy.example?x"},
	} {
		t.Run(name, func(t *testing.T) {
			c.Dir = filepath.Join(t.TempDir(), "ca")
			if _, err := Open(c); err == nil {
				t.Error("opened")
			}
			if _, err := os.Stat(c.Dir); err == nil {
				t.Error("left a directory behind")
			}
		})
	}
}

func TestIssuingIsRenewedBeforeItsEnd(t *testing.T) {
	c, dir := newClock(), filepath.Join(t.TempDir(), "ca")
	a := open(t, dir, c)
	old := a.issuing.cert
	before, _ := a.Leaf("api.openai.com")
	c.advance(issuingTTL - issuingLow + time.Hour)
	leaf, err := a.Leaf("chatgpt.com")
	if err != nil || a.issuing.cert.Equal(old) {
		t.Fatalf("Leaf = %v, issuing renewed: %v", err, !a.issuing.cert.Equal(old))
	}
	if err := verify(a, leaf, "chatgpt.com", c.now()); err != nil {
		t.Error(err)
	}
	if again, _ := a.Leaf("api.openai.com"); again == before {
		t.Error("a leaf of the old issuing certificate is still given out")
	}
	if b := open(t, dir, c); !b.issuing.cert.Equal(a.issuing.cert) {
		t.Error("the renewed certificate was not stored")
	}
}

func TestIssuingFollowsThePublicURL(t *testing.T) {
	c, dir := newClock(), filepath.Join(t.TempDir(), "ca")
	open(t, dir, c)
	a, err := Open(Config{Dir: dir, PublicURL: "http://proxy.example/", Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(a.issuing.cert.CRLDistributionPoints); got != "[http://proxy.example/root.crl]" {
		t.Errorf("issuing certificate's list at %s", got)
	}
}

func TestLeafIsSignedAgainBeforeItExpires(t *testing.T) {
	c := newClock()
	a := open(t, filepath.Join(t.TempDir(), "ca"), c)
	first, _ := a.Leaf("api.openai.com")
	if again, _ := a.Leaf("api.openai.com"); again != first {
		t.Error("signed twice")
	}
	c.advance(leafTTL - leafRenew + time.Minute)
	second, err := a.Leaf("api.openai.com")
	if err != nil || second == first {
		t.Fatalf("not signed again with %v left (%v)", leafRenew, err)
	}
	if err := verify(a, second, "api.openai.com", c.now().Add(leafRenew)); err != nil {
		t.Error(err)
	}
}

func TestThousandHostsStayBounded(t *testing.T) {
	c := newClock()
	a, err := Open(Config{Dir: filepath.Join(t.TempDir(), "ca"), Constraints: suffixes(), Now: c.now, CacheSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := a.Leaf("api.openai.com")
	for i := range 1000 {
		if _, err := a.Leaf(fmt.Sprintf("h%d.openai.com", i)); err != nil {
			t.Fatal(err)
		}
		if i%32 == 0 {
			if again, _ := a.Leaf("api.openai.com"); again != kept {
				t.Fatalf("a leaf in use was pushed out at %d", i)
			}
		}
	}
	if n := a.leaves.len(); n != 64 || len(a.leaves.hosts) != n {
		t.Errorf("%d leaves in order, %d by host, want 64", n, len(a.leaves.hosts))
	}
	for i := range 1000 {
		_, _ = a.Leaf(fmt.Sprintf("h%d.example", i))
	}
	if _, ok := a.leaves.hosts["h999.example"]; ok {
		t.Error("failures are kept")
	}
}

func TestOneSignatureHoweverManyAsk(t *testing.T) {
	var minted atomic.Int64
	start := make(chan struct{})
	c := newCache(8, time.Now, func(host string) (*tls.Certificate, error) {
		minted.Add(1)
		<-start
		return &tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().Add(leafTTL)}}, nil
	})
	var wg sync.WaitGroup
	got := make([]*tls.Certificate, 32)
	for i := range got {
		wg.Go(func() { got[i], _ = c.get("api.openai.com") })
	}
	for minted.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(start)
	wg.Wait()
	for i := range got {
		if got[i] == nil || got[i] != got[0] {
			t.Fatalf("caller %d got another certificate", i)
		}
	}
	if n := minted.Load(); n != 1 {
		t.Errorf("%d signatures", n)
	}
}

func TestPanicWhileSigningReleasesTheWaiting(t *testing.T) {
	entered, boom := make(chan struct{}), make(chan struct{})
	c := newCache(8, time.Now, func(string) (*tls.Certificate, error) { close(entered); <-boom; panic("canary") })
	go func() {
		defer func() { _ = recover() }()
		_, _ = c.get("api.openai.com")
	}()
	<-entered
	errs := make(chan error)
	go func() { _, err := c.get("api.openai.com"); errs <- err }()
	time.Sleep(5 * time.Millisecond)
	close(boom)
	if err := <-errs; err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("waiting caller got %v", err)
	}
}

func TestRevocationListsAreSignedEmptyAndRefreshed(t *testing.T) {
	c := newClock()
	a := open(t, filepath.Join(t.TempDir(), "ca"), c)
	for name, get := range map[string]struct {
		list func() ([]byte, error)
		by   *x509.Certificate
	}{"issuing": {a.CRL, a.issuing.cert}, "root": {a.RootCRL, a.root.cert}} {
		t.Run(name, func(t *testing.T) {
			der, err := get.list()
			if err != nil {
				t.Fatal(err)
			}
			list, err := x509.ParseRevocationList(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := list.CheckSignatureFrom(get.by); err != nil || len(list.RevokedCertificateEntries) != 0 {
				t.Errorf("signature %v, %d entries", err, len(list.RevokedCertificateEntries))
			}
			if again, _ := get.list(); !bytes.Equal(again, der) {
				t.Error("signed anew on every call")
			}
			c.advance(crlTTL/2 + time.Hour)
			der, _ = get.list()
			if next, _ := x509.ParseRevocationList(der); next.Number.Cmp(list.Number) <= 0 || !next.NextUpdate.After(c.now()) {
				t.Errorf("after half its life: number %v after %v, next update %v", next.Number, list.Number, next.NextUpdate)
			}
		})
	}
}

func BenchmarkMint(b *testing.B) {
	a, err := Open(Config{Dir: filepath.Join(b.TempDir(), "ca"), Constraints: suffixes()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.mint("api.openai.com"); err != nil {
			b.Fatal(err)
		}
	}
}

func chmod(t *testing.T, dir, file string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(dir, file), mode); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, file string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, file, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts the files of a second authority into dir.
func replace(t *testing.T, dir string, c *clock, files ...string) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "other")
	open(t, other, c)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(other, f))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, f, string(data))
	}
}
