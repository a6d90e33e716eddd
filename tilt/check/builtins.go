// The built-ins: every call is checked against its signature; most are then recorded, those that answer do their work.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

var errExit = errors.New("exit() was called")

type arguments map[string]starlark.Value

func (a arguments) text(name, otherwise string) string {
	if value, ok := a[name]; ok {
		return plain(value)
	}
	return otherwise
}

// A string alone counts as a list of one.
func (a arguments) texts(name string) []string {
	value, ok := a[name]
	if !ok {
		return nil
	}
	items, isList := value.(starlark.Iterable)
	if !isList {
		return []string{plain(value)}
	}
	var all []string
	for item := range starlark.Elements(items) {
		all = append(all, plain(item))
	}
	return all
}

type answer func(thread *starlark.Thread, args arguments) (starlark.Value, error)

func (c *checker) allBuiltins() (starlark.StringDict, error) {
	all, err := parseSignatures(signatures)
	if err != nil {
		return nil, err
	}
	answers := c.answers()
	names := starlark.StringDict{
		"struct":              starlark.NewBuiltin("struct", starlarkstruct.Make),
		"TRIGGER_MODE_AUTO":   &made{kind: "trigger", builtin: "TRIGGER_MODE_AUTO"},
		"TRIGGER_MODE_MANUAL": &made{kind: "trigger", builtin: "TRIGGER_MODE_MANUAL"},
	}
	members := map[string]starlark.StringDict{"os": {}, "os.path": {}, "config": {}, "shlex": {}}
	for _, each := range all {
		answer := answers[each.name]
		if (each.result == "answer") != (answer != nil) {
			return nil, fmt.Errorf("%s() should answer, and does not", each.name)
		}
		builtin := starlark.NewBuiltin(each.name, c.calling(each, answer))
		if dot := strings.LastIndex(each.name, "."); dot >= 0 {
			members[each.name[:dot]][each.name[dot+1:]] = builtin
		} else {
			names[each.name] = builtin
		}
	}
	members["os.path"]["join"] = starlark.NewBuiltin("os.path.join", joinPath)
	environ := map[string]any{}
	for _, each := range os.Environ() {
		name, value, _ := strings.Cut(each, "=")
		environ[name] = value
	}
	if members["os"]["environ"], err = toStarlark(environ); err != nil {
		return nil, err
	}
	members["os"]["name"] = starlark.String("posix")
	members["os"]["path"] = &starlarkstruct.Module{Name: "os.path", Members: members["os.path"]}
	members["config"]["main_dir"] = starlark.String(c.mainDir)
	members["config"]["main_path"] = starlark.String(filepath.Join(c.mainDir, "Tiltfile"))
	members["config"]["tilt_subcommand"] = starlark.String("up")
	for _, name := range []string{"os", "config", "shlex"} {
		names[name] = &starlarkstruct.Module{Name: name, Members: members[name]}
	}
	return names, nil
}

func (c *checker) calling(known signature, answer answer) func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		bound, err := known.bind(args, kwargs)
		if err != nil {
			return nil, err
		}
		if answer != nil {
			return answer(thread, bound)
		}
		at := thread.CallFrame(1).Pos
		place := fmt.Sprintf("%s:%d", c.relative(at.Filename()), at.Line)
		if steps, ok := bound["live_update"]; ok {
			if err := useSteps(steps); err != nil {
				return nil, fmt.Errorf("%s: %w", known.name, err)
			}
		}
		if err := c.checkOnce(known.name, bound, place); err != nil {
			return nil, err
		}
		recorded := map[string]any{}
		for name, value := range bound {
			recorded[name] = toGo(value)
		}
		if known.result == "" {
			c.calls = append(c.calls, call{known.name, place, recorded})
			return starlark.None, nil
		}
		value := &made{kind: known.result, builtin: known.name, at: place, args: recorded}
		if value.kind == "step" {
			c.steps = append(c.steps, value)
		}
		return value, nil
	}
}

// Tilt takes one build of an image, and files that are there.
func (c *checker) checkOnce(builtin string, args arguments, place string) error {
	if builtin == "docker_build" || builtin == "custom_build" {
		image := args.text("ref", "")
		if before, ok := c.images[image]; ok {
			return fmt.Errorf("%s: image %s is built at %s already", builtin, image, before)
		}
		c.images[image] = place
	}
	return nil
}

// first initial_sync, then fall_back_on, sync, run, restart_container
var order = []string{"initial_sync", "fall_back_on", "sync", "run", "restart_container"}

func useSteps(steps starlark.Value) error {
	reached := 0
	for item := range starlark.Elements(steps.(starlark.Iterable)) {
		step := item.(*made)
		step.used = true
		place := slices.Index(order, step.builtin)
		if place < reached {
			return fmt.Errorf("%s comes after %s in live_update", step.builtin, order[reached])
		}
		reached = place
		if remote, isSync := step.args["remote_path"].(string); isSync && !strings.HasPrefix(remote, "/") {
			return fmt.Errorf("sync to %q: it must begin with /", remote)
		}
	}
	return nil
}

func (c *checker) relative(path string) string {
	if short, err := filepath.Rel(c.mainDir, path); err == nil {
		return short
	}
	return path
}

func joinPath(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var parts []string
	for _, each := range args {
		if !isKind(each, "str") {
			return nil, fmt.Errorf("os.path.join: a part must be str, not %s", each.Type())
		}
		parts = append(parts, plain(each))
	}
	if len(parts) == 0 || len(kwargs) > 0 {
		return nil, errors.New("os.path.join: takes parts of a path by place")
	}
	return starlark.String(filepath.Join(parts...)), nil
}
