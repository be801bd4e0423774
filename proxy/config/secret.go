package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// A Secret is a reference to a secret value: "file:/path" or "env:NAME". It
// prints as *** everywhere; only [Secret.Load] gives the value. The zero value
// is no secret.
type Secret struct{ ref string }

// maxSecret bounds a secret file, in bytes.
const maxSecret = 64 << 10

// UnmarshalText takes a reference. A value written in the file is refused.
func (s *Secret) UnmarshalText(text []byte) error {
	ref := string(text)
	kind, name, _ := strings.Cut(ref, ":")
	if ref != "" && ((kind != "file" && kind != "env") || name == "") {
		return errors.New(`want "file:/path" or "env:NAME": secrets do not stand in the config file`)
	}
	s.ref = ref
	return nil
}

// IsSet reports whether there is a reference.
func (s Secret) IsSet() bool { return s.ref != "" }

// Load reads the value, without a final line break. getenv is os.Getenv
// outside tests. Errors name the reference, never the value.
func (s Secret) Load(getenv func(string) string) (string, error) {
	kind, name, _ := strings.Cut(s.ref, ":")
	switch kind {
	case "":
		return "", nil
	case "env":
		if v := getenv(name); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("secret env:%s is not set", name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", s.ref, err)
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("secret %s: larger than %d bytes", s.ref, maxSecret)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", s.ref, err)
	}
	v := strings.TrimRight(string(data), "\r\n")
	if v == "" {
		return "", fmt.Errorf("secret %s is empty", s.ref)
	}
	return v, nil
}

func (s Secret) shown() string {
	if s.ref == "" {
		return ""
	}
	return "***"
}

// Format hides the reference from every verb of package fmt.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.shown()) }

// LogValue hides the reference from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }

// MarshalText hides the reference from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }
