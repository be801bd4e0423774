package identity

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Tokens are the users that may authenticate. Immutable.
//
// A token file has one user a line, user:sha256-of-token[:group,group]; empty
// lines and lines that begin with # are ignored. Tokens are 256 random bits, so
// a plain SHA-256 cannot be searched and a slow password hash would only cost
// every connection its time.
type Tokens struct {
	users map[string]tokenUser
}

type tokenUser struct {
	sum    [sha256.Size]byte
	groups []string
}

// tokenPrefix makes tokens recognisable to secret scanners, ours included.
const tokenPrefix = "pgt_"

// LoadTokens reads a token file. It must not be writable by others: whoever can
// write it can be anybody.
func LoadTokens(file string) (*Tokens, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("token file %s is writable by others (mode %04o): chmod go-w it", file, info.Mode().Perm())
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	t, err := ParseTokens(file, data)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// ParseTokens reads the lines of a token file. The error joins all mistakes,
// each as file:line; it holds nothing of the lines but user names.
func ParseTokens(file string, data []byte) (*Tokens, error) {
	t := &Tokens{users: map[string]tokenUser{}}
	var errs []error
	s := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		fail := func(format string, a ...any) {
			errs = append(errs, fmt.Errorf("%s:%d: %s", file, n, fmt.Sprintf(format, a...)))
		}
		parts := strings.Split(line, ":")
		if len(parts) < 2 || len(parts) > 3 || !validUser(parts[0]) {
			fail("want user:sha256-of-token[:group,group]")
			continue
		}
		user := parts[0]
		sum, err := hex.DecodeString(parts[1])
		if err != nil || len(sum) != sha256.Size {
			fail("the hash is not 64 hexadecimal digits: a token itself must not stand here (make a line with `promptgate token new`)")
			continue
		}
		if _, ok := t.users[user]; ok {
			fail("user %q is listed twice", user)
			continue
		}
		u := tokenUser{sum: [sha256.Size]byte(sum)}
		if len(parts) == 3 {
			for _, g := range strings.Split(parts[2], ",") {
				if g = strings.TrimSpace(g); g != "" {
					u.groups = append(u.groups, g)
				}
			}
		}
		t.users[user] = u
	}
	if err := s.Err(); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", file, err))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t, nil
}

// Len is the number of users.
func (t *Tokens) Len() int { return len(t.users) }

// check compares in time that does not depend on the token. That a user exists
// is not a secret here.
func (t *Tokens) check(user, token string) (groups []string, ok bool) {
	sum := sha256.Sum256([]byte(token))
	u, known := t.users[user]
	same := subtle.ConstantTimeCompare(sum[:], u.sum[:]) == 1
	if !known || !same {
		return nil, false
	}
	return u.groups, true
}

// NewToken makes a token for user: token is for the person, once; line is for
// the token file. random is crypto/rand.Reader outside tests.
func NewToken(user string, groups []string, random io.Reader) (token, line string, err error) {
	if !validUser(user) {
		return "", "", errors.New("a user name has 1 to 128 printable characters, none of them a colon, space or #")
	}
	for _, g := range groups {
		if g == "" || strings.ContainsAny(g, ":,\n\r") {
			return "", "", errors.New("a group name is not empty and has no colon or comma")
		}
	}
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", "", fmt.Errorf("token: %w", err)
	}
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	sum := sha256.Sum256([]byte(token))
	line = user + ":" + hex.EncodeToString(sum[:])
	if len(groups) > 0 {
		line += ":" + strings.Join(groups, ",")
	}
	return token, line, nil
}

func validUser(user string) bool {
	if user == "" || len(user) > 128 {
		return false
	}
	for _, r := range user {
		if r <= ' ' || r == ':' || r == '#' || r == 0x7f || r == '\ufffd' {
			return false
		}
	}
	return true
}
