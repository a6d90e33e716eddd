// Values that Tilt has besides Starlark's own, and what a call's arguments look like in JSON.
package main

import (
	"fmt"
	"maps"
	"slices"

	"go.starlark.net/starlark"
)

// What a command or a file said, as against a path.
type blob string

func (b blob) String() string        { return string(b) }
func (b blob) Type() string          { return "blob" }
func (b blob) Freeze()               {}
func (b blob) Truth() starlark.Bool  { return b != "" }
func (b blob) Hash() (uint32, error) { return starlark.String(b).Hash() }

// What a call returns that describes something: a step, a link, a probe.
type made struct {
	kind, builtin, at string
	args              map[string]any
	used              bool
}

func (m *made) String() string        { return fmt.Sprintf("<%s of %s>", m.kind, m.builtin) }
func (m *made) Type() string          { return m.kind }
func (m *made) Freeze()               {}
func (m *made) Truth() starlark.Bool  { return true }
func (m *made) Hash() (uint32, error) { return 0, fmt.Errorf("%s cannot be a key", m.kind) }

func toGo(value starlark.Value) any {
	switch value := value.(type) {
	case starlark.NoneType:
		return nil
	case starlark.String:
		return string(value)
	case blob:
		return string(value)
	case starlark.Bool:
		return bool(value)
	case starlark.Int:
		number, _ := value.Int64()
		return number
	case starlark.Float:
		return float64(value)
	case *made:
		return map[string]any{"builtin": value.builtin, "args": value.args}
	case *starlark.Dict:
		dict := map[string]any{}
		for key, item := range starlark.Entries(value) {
			dict[plain(key)] = toGo(item)
		}
		return dict
	case starlark.Iterable:
		list := []any{}
		for item := range starlark.Elements(value) {
			list = append(list, toGo(item))
		}
		return list
	}
	return value.String()
}

func plain(value starlark.Value) string {
	if text, ok := starlark.AsString(value); ok {
		return text
	}
	return value.String()
}

func toStarlark(value any) (starlark.Value, error) {
	switch value := value.(type) {
	case nil:
		return starlark.None, nil
	case string:
		return starlark.String(value), nil
	case bool:
		return starlark.Bool(value), nil
	case int:
		return starlark.MakeInt(value), nil
	case float64:
		if value == float64(int64(value)) {
			return starlark.MakeInt64(int64(value)), nil
		}
		return starlark.Float(value), nil
	case []any:
		var list []starlark.Value
		for _, each := range value {
			item, err := toStarlark(each)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return starlark.NewList(list), nil
	case map[string]any:
		dict := starlark.NewDict(len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			item, err := toStarlark(value[key])
			if err != nil {
				return nil, err
			}
			if err := dict.SetKey(starlark.String(key), item); err != nil {
				return nil, err
			}
		}
		return dict, nil
	}
	return starlark.String(fmt.Sprint(value)), nil
}
