package ca

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	rootName    = "root"
	issuingName = "issuing"
	certExt     = ".crt"
	keyExt      = ".key"
)

// A FileError says which file keeps the authority from starting, why, and what
// the operator can do.
type FileError struct {
	File    string
	Problem string
	Remedy  string
}

func (e *FileError) Error() string { return fmt.Sprintf("ca: %s %s (%s)", e.File, e.Problem, e.Remedy) }

func join(dir, name string) string { return filepath.Join(dir, name) }

func allFiles() []string {
	return []string{rootName + certExt, rootName + keyExt, issuingName + certExt, issuingName + keyExt}
}

// present lists which files of an authority dir holds.
func present(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	if !info.IsDir() {
		return nil, &FileError{dir, "is not a directory", "choose another state directory"}
	}
	var out []string
	for _, name := range allFiles() {
		if _, err := os.Lstat(join(dir, name)); err == nil {
			out = append(out, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("ca: %w", err)
		}
	}
	if len(out) > 0 && info.Mode().Perm()&0o022 != 0 {
		return nil, &FileError{dir, fmt.Sprintf("can be written by others (mode %04o)", info.Mode().Perm()), "run: chmod 700 " + dir}
	}
	return out, nil
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	return nil
}

// load reads one pair and checks that it can be used now.
func load(dir, name string, now time.Time) (*pair, error) {
	certFile, keyFile := join(dir, name+certExt), join(dir, name+keyExt)
	info, err := os.Stat(keyFile)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &FileError{keyFile, fmt.Sprintf("can be read by others (mode %04o)", info.Mode().Perm()),
			"run: chmod 600 " + keyFile + "; if others had access, replace the authority"}
	}
	cert, err := readCert(certFile)
	if err != nil {
		return nil, err
	}
	key, err := readKey(keyFile)
	if err != nil {
		return nil, err
	}
	switch public, ok := cert.PublicKey.(*ecdsa.PublicKey); {
	case !ok || !public.Equal(&key.PublicKey):
		return nil, &FileError{keyFile, "does not belong to " + name + certExt, "restore both from the same backup"}
	case now.After(cert.NotAfter):
		return nil, &FileError{certFile, "expired on " + cert.NotAfter.UTC().Format(time.DateOnly),
			"move " + dir + " away and restart: a new root is made, which clients must then trust"}
	case now.Before(cert.NotBefore):
		return nil, &FileError{certFile, "is not valid before " + cert.NotBefore.UTC().Format(time.RFC3339), "check this machine's clock"}
	case !cert.IsCA || len(cert.PermittedDNSDomains) == 0 || !cert.PermittedDNSDomainsCritical:
		return nil, &FileError{certFile, "is not a certificate authority with critical name constraints", "let promptgate make its own: move " + dir + " away and restart"}
	}
	return &pair{cert, key}, nil
}

func readCert(file string) (*x509.Certificate, error) {
	block, err := readPEM(file, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(block)
	if err != nil {
		return nil, &FileError{file, "does not hold a certificate", "restore it from a backup"}
	}
	return cert, nil
}

// readKey never repeats a parser's error: it may quote the key.
func readKey(file string) (*ecdsa.PrivateKey, error) {
	block, err := readPEM(file, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	any, err := x509.ParsePKCS8PrivateKey(block)
	key, ok := any.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, &FileError{file, "does not hold an ECDSA key in PKCS #8", "restore it from a backup"}
	}
	return key, nil
}

func readPEM(file, kind string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != kind {
		return nil, &FileError{file, "does not hold a PEM " + kind, "restore it from a backup"}
	}
	return block.Bytes, nil
}

// store writes a pair, the key first: a certificate without its key is the
// state that open explains best.
func store(dir, name string, p *pair) error {
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	if err := writeFile(join(dir, name+keyExt), 0o600, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return err
	}
	return writeFile(join(dir, name+certExt), 0o644, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw}))
}

// writeFile replaces file whole or not at all.
func writeFile(file string, mode fs.FileMode, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	return nil
}

// keyID is the SHA-256 of the public key, cut to 160 bits (RFC 7093 method 1).
func keyID(public any) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	sum := sha256.Sum256(der)
	return sum[:20], nil
}
