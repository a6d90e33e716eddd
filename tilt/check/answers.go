// The built-ins that answer: files, commands, documents, settings.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"go.starlark.net/starlark"
	"go.yaml.in/yaml/v3"
)

func (c *checker) answers() map[string]answer {
	document := func(parse func(string) (any, error)) answer {
		return func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			text, found := args["json"]
			if !found {
				if text, found = args["yaml"]; !found {
					read, err := readFile(thread, args.text("path", ""))
					if errors.Is(err, fs.ErrNotExist) && args["default"] != nil {
						return args["default"], nil
					} else if err != nil {
						return nil, err
					}
					text = blob(read)
				}
			}
			value, err := parse(plain(text))
			if err != nil {
				return nil, err
			}
			return toStarlark(value)
		}
	}
	written := func(write func(any) ([]byte, error)) answer {
		return func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			text, err := write(toGo(args["obj"]))
			return blob(text), err
		}
	}
	text := func(what func(thread *starlark.Thread, args arguments) string) answer {
		return func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			return starlark.String(what(thread, args)), nil
		}
	}
	define := func(kind string) answer {
		return func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			c.defined[args.text("name", "")] = kind
			return starlark.None, nil
		}
	}
	return map[string]answer{
		"fail": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			return nil, errors.New(args.text("msg", ""))
		},
		"exit": func(*starlark.Thread, arguments) (starlark.Value, error) { return nil, errExit },
		"local": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			command := args.texts("command")
			if _, isShell := args["command"].(starlark.String); isShell {
				command = []string{"sh", "-c", command[0]}
			}
			return execute(inDir(thread, args.text("dir", ".")), args["env"], args.text("stdin", ""), command...)
		},
		"kustomize": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			folder := inDir(thread, args.text("pathToDir", ""))
			command := append([]string{args.text("kustomize_bin", c.kustomize), "build"}, args.texts("flags")...)
			return execute(c.mainDir, nil, "", append(command, folder)...)
		},
		"helm": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			command := []string{c.helm, "template", args.text("name", "chart"), inDir(thread, args.text("pathToChartDir", ""))}
			for flag, name := range map[string]string{"--namespace": "namespace", "--values": "values", "--set": "set", "--kube-version": "kube_version"} {
				for _, value := range args.texts(name) {
					command = append(command, flag, value)
				}
			}
			return execute(inDir(thread, "."), nil, "", command...)
		},
		"read_file": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			read, err := readFile(thread, args.text("file_path", ""))
			if errors.Is(err, fs.ErrNotExist) && args["default"] != nil {
				return blob(plain(args["default"])), nil
			}
			return blob(read), err
		},
		"read_json":          document(fromJSON),
		"decode_json":        document(fromJSON),
		"read_yaml":          document(fromYAML),
		"decode_yaml":        document(fromYAML),
		"read_yaml_stream":   document(fromYAMLs),
		"decode_yaml_stream": document(fromYAMLs),
		"encode_json":        written(json.Marshal),
		"encode_yaml":        written(yaml.Marshal),
		"encode_yaml_stream": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			text, err := toYAMLs(toGo(args["objs"]).([]any))
			return blob(text), err
		},
		"filter_yaml": filterYAML,
		"blob": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			return blob(args.text("contents", "")), nil
		},
		"listdir": listFolder,
		"include": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			_, err := c.load(thread, args.text("path", ""))
			return starlark.None, err
		},
		"load_dynamic": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			globals, err := c.load(thread, args.text("path", ""))
			dict := starlark.NewDict(len(globals))
			for name, value := range globals {
				err = errors.Join(err, dict.SetKey(starlark.String(name), value))
			}
			return dict, err
		},
		"k8s_context":   text(func(*starlark.Thread, arguments) string { return c.context }),
		"k8s_namespace": text(func(*starlark.Thread, arguments) string { return "default" }),
		"shlex.quote": text(func(_ *starlark.Thread, args arguments) string {
			return "'" + strings.ReplaceAll(args.text("s", ""), "'", `'"'"'`) + "'"
		}),
		"os.getcwd": text(func(thread *starlark.Thread, _ arguments) string { return inDir(thread, ".") }),
		"os.getenv": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			if value, ok := os.LookupEnv(args.text("key", "")); ok {
				return starlark.String(value), nil
			}
			if otherwise, ok := args["default"]; ok {
				return otherwise, nil
			}
			return starlark.None, nil
		},
		"os.putenv": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			return starlark.None, os.Setenv(args.text("key", ""), args.text("value", ""))
		},
		"os.unsetenv": func(_ *starlark.Thread, args arguments) (starlark.Value, error) {
			return starlark.None, os.Unsetenv(args.text("key", ""))
		},
		"os.path.abspath": text(func(thread *starlark.Thread, args arguments) string { return inDir(thread, args.text("path", "")) }),
		"os.path.relpath": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			short, err := filepath.Rel(inDir(thread, args.text("basepath", ".")), inDir(thread, args.text("targpath", "")))
			return starlark.String(short), err
		},
		"os.path.basename": text(func(_ *starlark.Thread, args arguments) string { return filepath.Base(args.text("path", "")) }),
		"os.path.dirname":  text(func(_ *starlark.Thread, args arguments) string { return filepath.Dir(args.text("path", "")) }),
		"os.path.exists": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			_, err := os.Stat(inDir(thread, args.text("path", "")))
			return starlark.Bool(err == nil), nil
		},
		"os.path.realpath": func(thread *starlark.Thread, args arguments) (starlark.Value, error) {
			real, err := filepath.EvalSymlinks(inDir(thread, args.text("path", "")))
			return starlark.String(real), err
		},
		"config.define_string":      define("string"),
		"config.define_string_list": define("list"),
		"config.define_bool":        define("bool"),
		"config.define_object":      define("object"),
		"config.parse":              func(*starlark.Thread, arguments) (starlark.Value, error) { return c.parseSettings() },
	}
}

func readFile(thread *starlark.Thread, path string) (string, error) {
	text, err := os.ReadFile(inDir(thread, path))
	return string(text), err
}

func listFolder(thread *starlark.Thread, args arguments) (starlark.Value, error) {
	folder := inDir(thread, args.text("directory", ""))
	isDeep := args["recursive"] == starlark.True
	var files []starlark.Value
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			files = append(files, starlark.String(path))
		case path != folder && !isDeep:
			return filepath.SkipDir
		}
		return nil
	})
	return starlark.NewList(files), err
}

func execute(dir string, env starlark.Value, stdin string, command ...string) (starlark.Value, error) {
	process := exec.Command(command[0], command[1:]...)
	process.Dir, process.Stdin, process.Env = dir, strings.NewReader(stdin), os.Environ()
	if more, ok := env.(*starlark.Dict); ok {
		for name, value := range starlark.Entries(more) {
			process.Env = append(process.Env, plain(name)+"="+plain(value))
		}
	}
	var said, complaint bytes.Buffer
	process.Stdout, process.Stderr = &said, &complaint
	if err := process.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(complaint.String()))
	}
	return blob(said.String()), nil
}

func fromJSON(text string) (value any, err error) {
	err = json.Unmarshal([]byte(text), &value)
	return value, err
}

func fromYAML(text string) (value any, err error) {
	err = yaml.Unmarshal([]byte(text), &value)
	return value, err
}

func fromYAMLs(text string) (any, error) {
	all := []any{}
	for reader := yaml.NewDecoder(strings.NewReader(text)); ; {
		var value any
		if err := reader.Decode(&value); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if value != nil {
			all = append(all, value)
		}
	}
}

func toYAMLs(values []any) (string, error) {
	var text bytes.Buffer
	writer := yaml.NewEncoder(&text)
	for _, each := range values {
		if err := writer.Encode(each); err != nil {
			return "", err
		}
	}
	return text.String(), writer.Close()
}

func filterYAML(thread *starlark.Thread, args arguments) (starlark.Value, error) {
	text, isBlob := args["yaml"].(blob)
	if !isBlob {
		for _, path := range args.texts("yaml") {
			read, err := readFile(thread, path)
			if err != nil {
				return nil, err
			}
			text += blob("\n---\n" + read)
		}
	}
	objects, err := fromYAMLs(string(text))
	if err != nil {
		return nil, err
	}
	patterns := map[string]*regexp.Regexp{}
	for _, name := range []string{"name", "namespace", "kind", "api_version"} {
		if patterns[name], err = regexp.Compile("(?i)" + args.text(name, "")); err != nil {
			return nil, fmt.Errorf("filter_yaml: %s: %w", name, err)
		}
	}
	wanted, _ := toGo(orNone(args["labels"])).(map[string]any)
	var matching, rest []any
	for _, each := range objects.([]any) {
		object, _ := each.(map[string]any)
		metadata, _ := object["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		fits := true
		for name, value := range map[string]any{"name": metadata["name"], "namespace": metadata["namespace"], "kind": object["kind"], "api_version": object["apiVersion"]} {
			said, _ := value.(string)
			fits = fits && patterns[name].MatchString(said)
		}
		for name, value := range wanted {
			fits = fits && labels[name] == value
		}
		if fits {
			matching = append(matching, object)
		} else {
			rest = append(rest, object)
		}
	}
	first, err := toYAMLs(matching)
	if err != nil {
		return nil, err
	}
	second, err := toYAMLs(rest)
	return starlark.Tuple{blob(first), blob(second)}, err
}

func orNone(value starlark.Value) starlark.Value {
	if value == nil {
		return starlark.None
	}
	return value
}

// Settings come from tilt_config.json and from behind "--", as `tilt up -- --name value` has them.
func (c *checker) parseSettings() (starlark.Value, error) {
	settings := map[string]any{}
	if text, err := os.ReadFile(filepath.Join(c.mainDir, "tilt_config.json")); err == nil {
		if err := json.Unmarshal(text, &settings); err != nil {
			return nil, fmt.Errorf("tilt_config.json: %w", err)
		}
	}
	for i := 0; i < len(c.settings); i++ {
		name, value, hasValue := strings.Cut(strings.TrimLeft(c.settings[i], "-"), "=")
		kind := c.defined[name]
		if !hasValue && kind != "bool" && i+1 < len(c.settings) {
			i++
			value = c.settings[i]
		}
		switch kind {
		case "bool":
			settings[name] = value != "false" && value != "False"
		case "list":
			list, _ := settings[name].([]any)
			settings[name] = append(list, value)
		default:
			settings[name] = value
		}
	}
	for name := range settings {
		if c.defined[name] == "" {
			return nil, fmt.Errorf("config.parse: no setting is called %s", name)
		}
	}
	return toStarlark(settings)
}
