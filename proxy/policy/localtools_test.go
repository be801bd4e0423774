package policy_test

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
)

func TestLocalToolsAreThoseThatAreNamed(t *testing.T) {
	p, err := policy.Parse("local.toml", []byte("title = \"local\"\nlocal_tools = [\"apply_patch\", \"fs_*\"]\n"), catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"apply_patch": true, "fs_write": true, "fs_": true, "http_get": false, "Apply_Patch": false, "": false} {
		if got := p.LocalTool(name); got != want {
			t.Errorf("LocalTool(%q) = %v", name, got)
		}
	}
	for _, list := range []string{`["*"]`, `["fs_*", ""]`} {
		_, err := policy.Parse("local.toml", []byte("title = \"local\"\nlocal_tools = "+list+"\n"), catalogue(t))
		if err == nil || !strings.Contains(err.Error(), "this is every tool") {
			t.Errorf("local_tools = %s: %v", list, err)
		}
	}
}

// No shipped policy restores into arguments: whoever wants it says of which tools.
func TestShippedPoliciesNameNoLocalTool(t *testing.T) {
	for _, name := range []string{"l1", "l2", "l3"} {
		if shipped(t, name).LocalTool("apply_patch") {
			t.Errorf("%s restores into the arguments of a tool", name)
		}
	}
}
