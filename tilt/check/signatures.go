// Tilt's API: names of arguments, their kinds and what comes back, from its reference (docs.tilt.dev/api.html).
// A kind that begins with "?" may be left out or be None; [x] is a list of x, and x/y either.
package main

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

const signatures = `
docker_build(ref str, context str, build_args ?dict, dockerfile ?str, dockerfile_contents ?str/blob, live_update ?[step], match_in_env_vars ?bool, ignore ?str/[str], only ?str/[str], entrypoint ?str/[str], target ?str, ssh ?str/[str], network ?str, secret ?str/[str], extra_tag ?str/[str], container_args ?[str], cache_from ?str/[str], pull ?bool, platform ?str, extra_hosts ?str/[str])
custom_build(ref str, command str/[str], deps [str], tag ?str, disable_push ?bool, skips_local_docker ?bool, live_update ?[step], match_in_env_vars ?bool, ignore ?str/[str], entrypoint ?str/[str], command_bat_val ?str, outputs_image_ref_to ?str, command_bat ?str/[str], image_deps ?[str], env ?dict, dir ?str)
k8s_yaml(yaml str/[str]/blob/[blob], allow_duplicates ?bool)
k8s_custom_deploy(name str, apply_cmd str/[str], delete_cmd str/[str], deps str/[str], image_selector ?str, live_update ?[step], apply_dir ?str, apply_env ?dict, apply_cmd_bat ?str/[str], delete_dir ?str, delete_env ?dict, delete_cmd_bat ?str/[str], container_selector ?str, image_deps ?[str])
k8s_resource(workload ?str, new_name ?str, port_forwards ?str/int/port_forward/[str/int/port_forward], extra_pod_selectors ?dict/[dict], trigger_mode ?trigger, resource_deps ?[str], objects ?[str], auto_init ?bool, pod_readiness ?str, links ?str/link/[str/link], labels ?str/[str], discovery_strategy ?str)
k8s_kind(kind str, api_version ?str, image_json_path ?str/[str], image_object ?dict, pod_readiness ?str)
k8s_image_json_path(paths str/[str], api_version ?str, kind ?str, name ?str, namespace ?str)
local_resource(name str, cmd ?str/[str], deps ?str/[str], trigger_mode ?trigger, resource_deps ?[str], ignore ?str/[str], auto_init ?bool, serve_cmd ?str/[str], cmd_bat ?str/[str], serve_cmd_bat ?str/[str], allow_parallel ?bool, links ?str/link/[str/link], labels ?str/[str], env ?dict, serve_env ?dict, readiness_probe ?probe, dir ?str, serve_dir ?str)
docker_compose(configPaths str/blob/[str/blob], env_file ?str, project_name ?str, profiles ?str/[str], wait ?bool)
dc_resource(name str, trigger_mode ?trigger, resource_deps ?[str], links ?str/link/[str/link], labels ?str/[str], auto_init ?bool, project_name ?str, new_name ?str, infer_links ?bool)
default_registry(host str, host_from_cluster ?str, single_name ?str)
allow_k8s_contexts(contexts str/[str])
workload_to_resource_function(fn func)
update_settings(max_parallel_updates ?int, k8s_upsert_timeout_secs ?int, suppress_unused_image_warnings ?str/[str], k8s_server_side_apply ?str)
ci_settings(k8s_grace_period ?str, timeout ?str, readiness_timeout ?str)
docker_prune_settings(disable ?bool, max_age_mins ?int, num_builds ?int, interval_hrs ?int, keep_recent ?int)
version_settings(check_updates ?bool, constraint ?str)
secret_settings(disable_scrub ?bool)
analytics_settings(enable bool)
watch_settings(ignore str/[str])
watch_file(file_path str)
trigger_mode(trigger_mode trigger)
enable_feature(feature_name str)
disable_snapshots()
set_team(team_id str)
warn(msg str)
initial_sync() step
fall_back_on(files str/[str]) step
sync(local_path str, remote_path str) step
run(cmd str/[str], trigger ?str/[str], echo_off ?bool) step
restart_container() step
port_forward(local_port int, container_port ?int, name ?str, link_path ?str, host ?str) port_forward
link(url str, name ?str) link
probe(initial_delay_secs ?int, timeout_secs ?int, period_secs ?int, success_threshold ?int, failure_threshold ?int, exec ?action, http_get ?action, tcp_socket ?action) probe
exec_action(command [str]) action
http_get_action(port int, host ?str, scheme ?str, path ?str) action
tcp_socket_action(port int, host ?str) action
fail(msg str) answer
exit(code ?any) answer
local(command str/[str], quiet ?bool, command_bat ?str/[str], echo_off ?bool, env ?dict, dir ?str, stdin ?str/blob) answer
read_file(file_path str, default ?str) answer
read_json(path str, default ?any) answer
read_yaml(path str, default ?any) answer
read_yaml_stream(path str, default ?any) answer
decode_json(json str/blob) answer
decode_yaml(yaml str/blob) answer
decode_yaml_stream(yaml str/blob) answer
encode_json(obj any) answer
encode_yaml(obj any) answer
encode_yaml_stream(objs [any]) answer
kustomize(pathToDir str, kustomize_bin ?str, flags ?[str]) answer
helm(pathToChartDir str, name ?str, namespace ?str, values ?str/[str], set ?str/[str], kube_version ?str, skip_crds ?bool) answer
filter_yaml(yaml str/[str]/blob, labels ?dict, name ?str, namespace ?str, kind ?str, api_version ?str) answer
blob(contents str) answer
listdir(directory str, recursive ?bool) answer
load_dynamic(path str) answer
include(path str) answer
k8s_context() answer
k8s_namespace() answer
shlex.quote(s str) answer
os.getcwd() answer
os.getenv(key str, default ?any) answer
os.putenv(key str, value str) answer
os.unsetenv(key str) answer
os.path.abspath(path str) answer
os.path.relpath(targpath str, basepath ?str) answer
os.path.basename(path str) answer
os.path.dirname(path str) answer
os.path.exists(path str) answer
os.path.realpath(path str) answer
config.define_string(name str, args ?bool, usage ?str) answer
config.define_string_list(name str, args ?bool, usage ?str) answer
config.define_bool(name str, args ?bool, usage ?str) answer
config.define_object(name str, args ?bool, usage ?str) answer
config.parse() answer
config.set_enabled_resources(resources [str])
config.clear_enabled_resources()
`

type parameter struct {
	name, kind string
	isOptional bool
}

// A result of "answer" is worked out here; of anything else, or nothing, the call is only recorded.
type signature struct {
	name, result string
	parameters   []parameter
}

func parseSignatures(text string) ([]signature, error) {
	var all []signature
	for line := range strings.Lines(strings.TrimSpace(text)) {
		name, rest, opened := strings.Cut(strings.TrimSpace(line), "(")
		list, result, closed := strings.Cut(rest, ")")
		if !opened || !closed {
			return nil, fmt.Errorf("not a signature: %s", line)
		}
		one := signature{name: name, result: strings.TrimSpace(result)}
		for each := range strings.SplitSeq(list, ", ") {
			if each == "" {
				continue
			}
			name, kind, _ := strings.Cut(each, " ")
			bare, isOptional := strings.CutPrefix(kind, "?")
			one.parameters = append(one.parameters, parameter{name, bare, isOptional})
		}
		all = append(all, one)
	}
	return all, nil
}

// The arguments by name; those left out are not among them. Names and numbers are checked by the interpreter itself.
func (s signature) bind(args starlark.Tuple, kwargs []starlark.Tuple) (map[string]starlark.Value, error) {
	values := make([]starlark.Value, len(s.parameters))
	var pairs []any
	for i, each := range s.parameters {
		name := each.name
		if each.isOptional {
			name += "??"
		}
		pairs = append(pairs, name, &values[i])
	}
	if err := starlark.UnpackArgs(s.name, args, kwargs, pairs...); err != nil {
		return nil, err
	}
	bound := map[string]starlark.Value{}
	for i, each := range s.parameters {
		if values[i] == nil {
			continue
		}
		if !isKind(values[i], each.kind) {
			return nil, fmt.Errorf("%s: %s must be %s, not %s", s.name, each.name, each.kind, values[i].Type())
		}
		bound[each.name] = values[i]
	}
	return bound, nil
}

func isKind(value starlark.Value, kind string) bool {
	for _, each := range alternatives(kind) {
		if inner, isList := strings.CutPrefix(each, "["); isList {
			if areKind(value, strings.TrimSuffix(inner, "]")) {
				return true
			}
			continue
		}
		switch value := value.(type) {
		case starlark.String:
			if each == "str" {
				return true
			}
		case starlark.Int:
			if each == "int" {
				return true
			}
		case starlark.Bool:
			if each == "bool" {
				return true
			}
		case *starlark.Dict:
			if each == "dict" {
				return true
			}
		case starlark.Callable:
			if each == "func" {
				return true
			}
		case *made:
			if each == value.kind {
				return true
			}
		case blob:
			if each == "blob" {
				return true
			}
		}
		if each == "any" {
			return true
		}
	}
	return false
}

func areKind(value starlark.Value, kind string) bool {
	items, isIterable := value.(starlark.Iterable)
	if _, isDict := value.(*starlark.Dict); !isIterable || isDict {
		return false
	}
	for item := range starlark.Elements(items) {
		if !isKind(item, kind) {
			return false
		}
	}
	return true
}

// "str/[int/str]" is "str" and "[int/str]".
func alternatives(kind string) []string {
	var all []string
	depth, from := 0, 0
	for i, letter := range kind {
		switch letter {
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth == 0 {
				all = append(all, kind[from:i])
				from = i + 1
			}
		}
	}
	return append(all, kind[from:])
}
