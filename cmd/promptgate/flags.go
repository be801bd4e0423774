package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// errHelp says that --help was asked for.
var errHelp = errors.New("help")

// flags are the flags of one verb. The standard package keeps their values; the
// parsing is ours: flags may stand behind arguments, "--" ends them, and a name
// that does not exist is answered with the one that was probably meant.
type flags struct {
	*flag.FlagSet
	verb  string
	value map[string]string // flag → what its value is called in help; switches have none
}

func newFlags(verb string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet(verb, flag.ContinueOnError), verb: verb, value: map[string]string{}}
	f.SetOutput(io.Discard)
	return f
}

// text defines a flag with a value, which help calls by the name in placeholder.
func (f *flags) text(name, placeholder, def, usage string) *string {
	f.value[name] = placeholder
	return f.String(name, def, usage)
}

// list defines a flag that may be given several times.
func (f *flags) list(name, placeholder, usage string) *[]string {
	f.value[name] = placeholder
	var out []string
	f.Func(name, usage, func(s string) error {
		out = append(out, s)
		return nil
	})
	return &out
}

// onOff defines a flag without a value.
func (f *flags) onOff(name, usage string) *bool { return f.Bool(name, false, usage) }

// parse reads the flags and returns the other arguments. "-" is an argument.
func (f *flags) parse(args []string) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case arg == "-h" || arg == "-help" || arg == "--help":
			return nil, errHelp
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			rest = append(rest, arg)
			continue
		}
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if f.Lookup(name) == nil {
			return nil, f.unknown(name)
		}
		switch _, takes := f.value[name]; {
		case !takes && given:
			return nil, usagef("--%s takes no value", name)
		case !takes:
			value = "true"
		case !given && len(args) == 0:
			return nil, usagef("--%s wants %s", name, f.value[name])
		case !given:
			value, args = args[0], args[1:]
		}
		if err := f.Set(name, value); err != nil {
			return nil, usagef("--%s wants %s: %v", name, f.value[name], err)
		}
	}
	return rest, nil
}

func (f *flags) unknown(name string) error {
	var names []string
	f.VisitAll(func(g *flag.Flag) { names = append(names, g.Name) })
	err := unknown("flag", name, names).(*usageError)
	err.msg = fmt.Sprintf("%s has no flag --%s", f.verb, name)
	if err.hint == "" {
		err.hint = "promptgate " + f.verb + " --help lists them"
	} else {
		err.hint = strings.Replace(err.hint, "mean ", "mean --", 1)
	}
	return err
}

// noArgs refuses arguments where a verb takes none.
func noArgs(args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q", args[0])
	}
	return nil
}
