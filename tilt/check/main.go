// Evaluates a Tiltfile as Tilt would, with a real Starlark interpreter, and prints what it asked Tilt for as JSON.
// What Tilt would refuse (a built-in or an argument it does not know, a value of a wrong kind, live update steps out of
// order) ends it with a message and exit code 1. Nothing is built or deployed; commands of local(), kustomize() and
// helm() do run, as they do when Tilt loads the file.
//
//	go run . [-context NAME] [-kustomize BIN] [-helm BIN] TILTFILE [-- SETTING…]
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// What Tilt's own interpreter allows: if and for at the top, names given twice.
var dialect = &syntax.FileOptions{Set: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}

type call struct {
	Builtin string         `json:"builtin"`
	At      string         `json:"at"`
	Args    map[string]any `json:"args"`
}

type checker struct {
	mainDir, context, kustomize, helm string
	settings                          []string
	builtins                          starlark.StringDict
	loaded                            map[string]*module
	calls                             []call
	steps                             []*made
	images                            map[string]string
	defined                           map[string]string
}

type module struct {
	globals starlark.StringDict
	err     error
}

func main() {
	c := &checker{loaded: map[string]*module{}, images: map[string]string{}, defined: map[string]string{}}
	flag.StringVar(&c.context, "context", "kind-assay", "what k8s_context() answers")
	flag.StringVar(&c.kustomize, "kustomize", "kustomize", "the kustomize that kustomize() runs")
	flag.StringVar(&c.helm, "helm", "helm", "the helm that helm() runs")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "which Tiltfile?")
		os.Exit(2)
	}
	path, err := filepath.Abs(flag.Arg(0))
	if err == nil {
		c.mainDir, c.settings = filepath.Dir(path), flag.Args()[1:]
		err = c.check(path)
	}
	var failure *starlark.EvalError
	if errors.As(err, &failure) {
		fmt.Fprintln(os.Stderr, failure.Backtrace())
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil {
		os.Exit(1)
	}
	answer := json.NewEncoder(os.Stdout)
	answer.SetIndent("", " ")
	if err := answer.Encode(map[string]any{"calls": c.calls}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (c *checker) check(path string) error {
	builtins, err := c.allBuiltins()
	if err != nil {
		return err
	}
	c.builtins = builtins
	if _, err := c.run(path); err != nil && !errors.Is(err, errExit) {
		return err
	}
	for _, step := range c.steps {
		if !step.used {
			return fmt.Errorf("%s: %s() is in no live_update", step.at, step.builtin)
		}
	}
	return nil
}

func (c *checker) run(path string) (starlark.StringDict, error) {
	if known, ok := c.loaded[path]; ok {
		if known == nil {
			return nil, fmt.Errorf("%s loads itself", path)
		}
		return known.globals, known.err
	}
	c.loaded[path] = nil
	names := starlark.StringDict{"__file__": starlark.String(path), "__name__": starlark.String("__main__")}
	if len(c.loaded) > 1 {
		names["__name__"] = starlark.String(filepath.Base(path))
	}
	for name, value := range c.builtins {
		names[name] = value
	}
	thread := &starlark.Thread{
		Print: func(_ *starlark.Thread, line string) { fmt.Fprintln(os.Stderr, line) },
		Load: func(thread *starlark.Thread, other string) (starlark.StringDict, error) {
			return c.load(thread, other)
		},
	}
	thread.SetLocal("dir", filepath.Dir(path))
	globals, err := starlark.ExecFileOptions(dialect, thread, path, nil, names)
	c.loaded[path] = &module{globals, err}
	return globals, err
}

func (c *checker) load(thread *starlark.Thread, path string) (starlark.StringDict, error) {
	if len(path) > 6 && path[:6] == "ext://" {
		return nil, fmt.Errorf("%s: extensions are fetched when Tilt runs, so nobody has checked them", path)
	}
	return c.run(inDir(thread, path))
}

// Paths are relative to the file that runs.
func inDir(thread *starlark.Thread, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	dir, _ := thread.Local("dir").(string)
	return filepath.Join(dir, path)
}
