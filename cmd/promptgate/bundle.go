package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/promptgate/promptgate/proxy/bundle"
	"github.com/promptgate/promptgate/proxy/config"
)

func bundleVerb() verb {
	return verb{
		name: "bundle", args: "key FILE | build DIR | sign FILE | verify FILE", short: "carry rules and policies to a fleet",
		long: `build checks a rules directory and makes a bundle of it, FILE.tar.gz by --out; sign
signs one in place with a private key, which key makes (its public half is printed, for
bundle.public_key in the settings); verify checks one and says what is in it. serve
fetches bundle.url, and puts a bundle into force whole or keeps the one it has.`,
		examples: [3]string{
			"promptgate bundle build ./rules --serial 42 --out rules-42.tar.gz",
			"promptgate bundle sign rules-42.tar.gz --key bundle.key",
			"promptgate bundle verify rules-42.tar.gz --public BASE64",
		},
		set: func(f *flags) runner {
			serial := f.text("serial", "N", "", "build: number of the bundle, higher than any before; default: the time")
			out := f.text("out", "FILE", "", "build: where to write it")
			keyFile := f.text("key", "FILE", "", "sign: the private key")
			public := f.text("public", "BASE64", "", "verify: the public key; without it the signature is not checked")
			profile := f.text("profile", "NAME", "l2", "build: a policy that must load")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) != 2 {
					return usagef("bundle wants a verb and a file: key, build, sign or verify")
				}
				switch args[0] {
				case "key":
					return p.bundleKey(args[1])
				case "build":
					if *out == "" {
						return usagef("bundle build wants --out FILE")
					}
					return p.bundleBuild(args[1], *out, *serial, *profile)
				case "sign":
					if *keyFile == "" {
						return usagef("bundle sign wants --key FILE")
					}
					return p.bundleSign(args[1], *keyFile)
				case "verify":
					return p.bundleVerify(args[1], *public)
				}
				return unknown("bundle verb", args[0], []string{"key", "build", "sign", "verify"})
			}
		},
	}
}

// bundleKey makes a key that signs.
func (p *program) bundleKey(name string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("bundle key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("bundle key: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return plainPathError(err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("bundle key: %w", err)
	}
	_, err = fmt.Fprintln(p.stdout, base64.StdEncoding.EncodeToString(public))
	return err
}

func (p *program) bundleBuild(dir, out, serial, profile string) error {
	n := time.Now().Unix()
	if serial != "" {
		if _, err := fmt.Sscanf(serial+"\n", "%d\n", &n); err != nil || n < 1 {
			return usagef("--serial wants a number from 1")
		}
	}
	// What does not load anywhere must not be carried everywhere.
	if _, err := loadRules(dir, profile, nil); err != nil {
		return err
	}
	data, err := bundle.Build(os.DirFS(dir), n, filepath.Base(filepath.Clean(dir)), time.Now())
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return plainPathError(err)
	}
	return p.bundleVerify(out, "")
}

func (p *program) bundleSign(name, keyFile string) error {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return plainPathError(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s holds no private key in PEM form", keyFile)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return fmt.Errorf("%s holds no ed25519 key: promptgate bundle key makes one", keyFile)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return plainPathError(err)
	}
	if data, err = bundle.Sign(data, key); err != nil {
		return err
	}
	if err := replace(name, data); err != nil {
		return err
	}
	return p.bundleVerify(name, base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)))
}

// replace writes a file in one step.
func replace(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o644); err != nil {
		return plainPathError(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return plainPathError(err)
	}
	return nil
}

func (p *program) bundleVerify(name, public string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return plainPathError(err)
	}
	var key ed25519.PublicKey
	if public != "" {
		if key, err = config.PublicKey(public); err != nil {
			return usagef("--public: %v", err)
		}
	}
	b, err := bundle.Open(data, key)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	signed := "not signed"
	switch {
	case key != nil:
		signed = "signed by this key"
	case b.Signed:
		signed = "signed, not checked"
	}
	m := b.Manifest
	_, err = fmt.Fprintf(p.stdout, "%s: serial %d, %s, digest %s, made %s, %s\n", m.Name, m.Serial, count(len(m.Files), "file"), m.Digest(), m.Created.Format(time.RFC3339), signed)
	return err
}
