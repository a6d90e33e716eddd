// The Tiltfile, evaluated by a real Starlark interpreter with Tilt's built-ins recorded (tilt/check) over the real
// overlay: what it asks of Tilt fits the folders, the manifests and itself.
import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { imageNames } from '../deploy/images/build.ts';
import { root } from '../deploy/images/bundle.ts';

interface Made {
  builtin: string;
  args: Record<string, unknown>;
}
interface Call extends Made {
  at: string;
}
interface KubeObject {
  kind: string;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  spec?: { template?: { spec: { containers: Container[] } } };
}
interface Container {
  image: string;
  ports?: { containerPort: number }[];
  securityContext?: { readOnlyRootFilesystem?: boolean };
}

const run = promisify(execFile);
const kustomize = process.env['ASSAY_TEST_KUSTOMIZE'] ?? 'kustomize';
const workloadKinds = ['Deployment', 'StatefulSet', 'Job'];
const folders: string[] = [];
let checker: string;

beforeAll(async () => {
  checker = join(await folder(), 'check');
  await run('go', ['build', '-o', checker, '.'], { cwd: join(root, 'tilt/check') });
}, 600_000);
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'assay-tilt-'));
  folders.push(made);
  return made;
}

/** What a Tiltfile asks of Tilt; rejects with what Tilt would say. */
async function callsOf(tiltfile: string, options: { context?: string } = {}): Promise<Call[]> {
  const args = ['-kustomize', kustomize, '-context', options.context ?? 'kind-assay', tiltfile];
  try {
    const { stdout } = await run(checker, args, { maxBuffer: 32 * 1024 * 1024 });
    return (JSON.parse(stdout) as { calls: Call[] | null }).calls ?? [];
  } catch (error) {
    throw new Error((error as ExecFileException & { stderr: string }).stderr);
  }
}

/** This repository with some files of other contents. */
async function changed(files: Record<string, string>): Promise<string> {
  const made = await folder();
  for (const name of await readdir(root)) if (!files[name]) await symlink(join(root, name), join(made, name));
  for (const [name, text] of Object.entries(files)) await writeFile(join(made, name), text);
  return join(made, 'Tiltfile');
}

const all = (calls: readonly Call[], builtin: string) =>
  calls.filter((call) => call.builtin === builtin).map(({ args }) => args);
const words = (value: unknown): string[] => [value ?? []].flat() as string[];
const resourceOf = (args: Record<string, unknown>) => String(args['new_name'] ?? args['workload'] ?? args['name']);

describe('the Tiltfile', () => {
  let calls: Call[];
  let objects: KubeObject[];
  let services: string[];
  let images: string[];
  const workloads = () => objects.filter(({ kind }) => workloadKinds.includes(kind));
  const resource = (name: string) => all(calls, 'k8s_resource').find((args) => resourceOf(args) === name) ?? {};

  beforeAll(async () => {
    calls = await callsOf(join(root, 'Tiltfile'));
    const [manifests = {}] = all(calls, 'k8s_yaml');
    objects = parseAllDocuments(String(manifests['yaml'])).map((document) => document.toJS() as KubeObject);
    images = await imageNames();
    services = images.filter((name) => name !== 'cli');
  }, 120_000);

  it('builds the images that the manifests name, each once, and no other', async () => {
    const named = workloads().flatMap(({ spec }) => spec?.template?.spec.containers.map(({ image }) => image) ?? []);
    const ours = named.flatMap((image) => /^(ghcr\.io\/assay\/[^:@]+)/.exec(image)?.[1] ?? []);
    const built = all(calls, 'docker_build').map((args) => args['ref']);
    expect(built.sort()).toEqual([...new Set(ours)].sort());
    expect(built).toEqual(images.map((name) => `ghcr.io/assay/${name}`));
  });

  it('deploys all of overlay small, nothing changed but what development needs', async () => {
    const { stdout } = await run(kustomize, ['build', join(root, 'deploy/kustomize/overlays/small')]);
    const overlay = parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
    for (const { kind, metadata, spec, data } of overlay) {
      if (kind === 'Deployment' && services.includes(metadata.name))
        for (const { securityContext } of spec?.template?.spec.containers ?? [])
          Object.assign(securityContext ?? {}, { readOnlyRootFilesystem: false });
      if (kind === 'ConfigMap' && metadata.name === 'assay')
        Object.assign(data ?? {}, { ASSAY_EXECUTOR_IMAGE_VERSION: 'tilt' });
    }
    expect(objects).toEqual(overlay);
  });

  it('shows each service, bundled before it is built', () => {
    for (const service of services) {
      expect(resource(service)).toMatchObject({ workload: service, labels: ['services'] });
      expect(words(resource(service)['resource_deps'])).toContain(`bundle-${service}`);
    }
  });

  it('shows only workloads that are there, and every object in one resource', () => {
    const names = workloads().map(({ metadata }) => metadata.name);
    const shown = all(calls, 'k8s_resource').flatMap((args) => words(args['workload']));
    expect(shown.sort()).toEqual(names.sort());
    const selectors = all(calls, 'k8s_resource').flatMap((args) => words(args['objects']));
    const others = objects.filter(({ kind }) => ![...workloadKinds, 'Service'].includes(kind));
    const expected = others.map(({ kind, metadata: { name, namespace } }) =>
      [name, kind, namespace ?? []].flat().join(':'),
    );
    expect(selectors.sort()).toEqual(expected.sort());
    expect(new Set(selectors).size).toBe(selectors.length);
  });

  it('waits only for resources that are there, never in a circle', () => {
    const deps = new Map(
      [...all(calls, 'k8s_resource'), ...all(calls, 'local_resource')].map((args) => [
        resourceOf(args),
        words(args['resource_deps']),
      ]),
    );
    const waitsFor = (name: string, path: readonly string[] = []): string[] => {
      expect(path).not.toContain(name);
      const own = deps.get(name);
      if (!own) throw new Error(`${path.at(-1)} waits for ${name}, which is no resource`);
      return own.flatMap((each) => [each, ...waitsFor(each, [...path, name])]);
    };
    for (const name of deps.keys()) waitsFor(name);
    for (const service of services)
      expect(waitsFor(service)).toEqual(expect.arrayContaining(['crds', 'base', 'assay-setup', 'nats']));
    // The Job ends when nats-server serves; nats-server starts when the Job has made its Secret.
    expect(waitsFor('nats')).not.toContain('assay-setup');
    expect(waitsFor('assay-setup')).not.toContain('nats');
  });

  it('forwards the gateway and nats, no port twice, and only to ports that containers have', () => {
    const forwards = all(calls, 'k8s_resource').flatMap((args) =>
      (words(args['port_forwards']) as unknown as Made[]).map(({ args: forward }) => ({
        resource: resourceOf(args),
        local: Number(forward['local_port']),
        container: Number(forward['container_port'] ?? forward['local_port']),
      })),
    );
    expect(forwards).toEqual(
      expect.arrayContaining([
        { resource: 'gateway', local: 7077, container: 7077 },
        { resource: 'nats', local: 4222, container: 4222 },
      ]),
    );
    expect(new Set(forwards.map(({ local }) => local)).size).toBe(forwards.length);
    for (const { resource: name, container } of forwards) {
      const [workload] = workloads().filter(({ metadata }) => metadata.name === name);
      const ports = workload?.spec?.template?.spec.containers.flatMap(({ ports = [] }) => ports) ?? [];
      expect([name, ports.map(({ containerPort }) => containerPort)]).toEqual([
        name,
        expect.arrayContaining([container]),
      ]);
    }
  });

  it('syncs what is there into where the image has it', () => {
    for (const args of all(calls, 'docker_build')) {
      const name = String(args['ref']).split('/').at(-1) ?? '';
      const [context, dockerfile] = [String(args['context']), String(args['dockerfile_contents'])];
      expect([name, existsSync(context)]).toEqual([name, true]);
      expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${args['target']}$`, 'm'));
      const steps = (words(args['live_update']) as unknown as Made[]).map(({ builtin, args: step }) => [builtin, step]);
      expect(steps).toEqual(name === 'cli' ? [] : [['sync', { local_path: `${context}/app`, remote_path: '/app' }]]);
      expect(existsSync(join(context, 'app'))).toBe(true);
      expect(dockerfile).toMatch(/^COPY app\/ \/app\/$/m);
    }
  });

  it('watches and runs what is there, by paths that mean the same wherever Tilt reads them', () => {
    for (const args of all(calls, 'local_resource')) {
      const paths = [...words(args['deps']), String(args['dir'])];
      // A command of several is one line for the shell.
      const command = words(args['cmd']).flatMap((word) => word.match(/[^\s']+/g) ?? []);
      paths.push(...command.filter((word) => /\.ts$|\/bin\//.test(word)));
      for (const path of paths) expect([path, isAbsolute(path), existsSync(path)]).toEqual([path, true, true]);
    }
    const watched = all(calls, 'local_resource').find(({ name }) => name === 'bundle-executor');
    expect(words(watched?.['deps'])).toContain(join(root, 'services/executor/components'));
  });

  it('has a button for the specs of each service and for a scan, which press themselves never', () => {
    const buttons = all(calls, 'local_resource').filter((args) => args['auto_init'] === false);
    const names = buttons.map(({ name }) => name);
    expect(names).toEqual([...services.map((service) => `test-${service}`), 'generate', 'scan-shop']);
    for (const button of buttons) expect(button['trigger_mode']).toMatchObject({ builtin: 'TRIGGER_MODE_MANUAL' });
  });

  it.each([
    ['kind-assay', true, "'kind' 'load' 'docker-image' '--name' 'assay' 'ghcr.io/assay/cli:tilt'"],
    ['k3d-dev', true, "'k3d' 'image' 'import' '--cluster' 'dev' 'ghcr.io/assay/cli:tilt'"],
    ['minikube', true, "'minikube' 'image' 'load' '--profile' 'minikube' 'ghcr.io/assay/cli:tilt'"],
    ['docker-desktop', true, undefined],
    ['rancher-desktop', true, undefined],
    ['orbstack', true, undefined],
    ['gke_company_production', false, undefined],
    ['kinder', false, undefined],
  ])('on %s: allowed %s, tools brought by %s', async (context, isAllowed, load) => {
    const asked = await callsOf(join(root, 'Tiltfile'), { context });
    expect(all(asked, 'allow_k8s_contexts')).toEqual(isAllowed ? [{ contexts: context }] : []);
    const tools = all(asked, 'local_resource').find(({ name }) => name === 'tools-image');
    expect(String(tools?.['cmd']).split(' && ').slice(1)).toEqual(load ? [load] : []);
  });

  it('takes registry, base image and contexts from tilt-settings.json', async () => {
    const settings = {
      contexts: ['shared-dev'],
      registry: 'localhost:5005',
      registry_from_cluster: 'registry:5000',
      base_image: 'example.org/node:24',
    };
    const file = await changed({ 'tilt-settings.json': JSON.stringify(settings) });
    const asked = await callsOf(file, { context: 'shared-dev' });
    expect(all(asked, 'allow_k8s_contexts')).toEqual([{ contexts: 'shared-dev' }]);
    expect(all(asked, 'default_registry')).toEqual([{ host: 'localhost:5005', host_from_cluster: 'registry:5000' }]);
    for (const { build_args } of all(asked, 'docker_build'))
      expect(build_args).toMatchObject({ BASE_IMAGE: 'example.org/node:24' });
    const [{ yaml = '' } = {}] = all(asked, 'k8s_yaml');
    expect(yaml).toContain('ASSAY_EXECUTOR_IMAGE_REGISTRY: registry:5000');
    const tools = all(asked, 'local_resource').find(({ name }) => name === 'tools-image');
    expect(tools?.['cmd']).toContain("'--registry' 'localhost:5005' '--base' 'example.org/node:24' '--push' 'cli'");
  });

  it('names a setting that is none', async () => {
    const file = await changed({ 'tilt-settings.json': '{"registri": "localhost:5005"}' });
    await expect(callsOf(file)).rejects.toThrow(
      /there is no setting registri; there are base_image, contexts, registry/,
    );
  });

  it('is formatted by buildifier, which finds nothing to say', async () => {
    const files = (await readdir(join(root, 'tilt'))).filter((name) => name.endsWith('.tiltfile'));
    const style = ['--mode=check', '--type=default', '--lint=warn'];
    // A sentence of a docstring may say what arguments are.
    const silent = '--warnings=-function-docstring-args,-function-docstring-return';
    const paths = [join(root, 'Tiltfile'), ...files.map((name) => join(root, 'tilt', name))];
    await run('go', ['tool', 'buildifier', ...style, silent, ...paths], { cwd: join(root, 'tilt/check') });
  }, 300_000);
});

describe('the checker', () => {
  it.each([
    ['a function that Tilt has not', 'docker_bild("a", ".")', /undefined: docker_bild/],
    ['a misspelt argument', 'docker_build("a", ".", dockerfil="x")', /unexpected keyword argument "dockerfil"/],
    ['an argument that is missing', 'docker_build("a")', /missing argument for context/],
    ['one too many', 'default_registry("a", "b", "c", "d")', /got 4 arguments, want at most 3/],
    ['a value of another kind', 'k8s_resource("a", resource_deps="b")', /resource_deps must be \[str\], not string/],
    ['a list with another kind in it', 'k8s_resource("a", labels=["b", 1])', /labels must be str\/\[str\], not list/],
    ['a step where none belongs', 'docker_build("a", ".", live_update=["sync"])', /live_update must be \[step\]/],
    ['steps out of order', 'docker_build("a", ".", live_update=[run("x"), sync("a", "/a")])', /sync comes after run/],
    ['a sync to nowhere', 'docker_build("a", ".", live_update=[sync("a", "b")])', /it must begin with \//],
    ['a step that is forgotten', 'sync("a", "/b")', /Tiltfile:1: sync\(\) is in no live_update/],
    [
      'an image built twice',
      'docker_build("a", ".")\ndocker_build("a", ".")',
      /image a is built at Tiltfile:1 already/,
    ],
    ['a file that is not there', 'read_json("none.json")', /no such file/],
    ['a command that fails', 'local("echo why >&2; exit 3")', /exit status 3: why/],
    ['an extension, which nobody has read', 'load("ext://restart_process", "x")', /nobody has checked them/],
    ['a file that loads itself', 'load("Tiltfile", "x")', /loads itself/],
    ['a member that a module has not', 'os.path.jion("a")', /has no \.jion field/],
    ['a number for a command', 'local(1)', /command must be str\/\[str\], not int/],
    ['what the file itself refuses', 'fail("use another cluster")', /use another cluster/],
  ])('refuses %s', async (_, text, message) => {
    const file = join(await folder(), 'Tiltfile');
    await writeFile(file, `${text}\n`);
    await expect(callsOf(file)).rejects.toThrow(message);
  });

  it('refuses this Tiltfile with one letter wrong', async () => {
    const text = await readFile(join(root, 'Tiltfile'), 'utf8');
    const file = await changed({ Tiltfile: text.replace('show_service(service', 'show_servise(service') });
    await expect(callsOf(file)).rejects.toThrow(/undefined: show_servise/);
  });

  it('answers as Tilt does', async () => {
    const file = join(await folder(), 'Tiltfile');
    const yaml = 'kind: A\nmetadata: {name: x, labels: {l: m}}\n---\nkind: B\nmetadata: {name: y}\n';
    await writeFile(join(file, '../objects.yaml'), yaml);
    await writeFile(
      file,
      `
matching, rest = filter_yaml("objects.yaml", labels = {"l": "m"})
k8s_yaml(matching)
watch_file(decode_yaml(rest)["metadata"]["name"])
set_team(str(local(["echo", "-n", os.path.basename(__file__)])))
config.define_bool("fast")
if not config.parse().get("fast", False) and os.getenv("NO_SUCH_NAME", "none") == "none":
    trigger_mode(TRIGGER_MODE_MANUAL)
enable_feature(str(encode_json({"b": [1, True, None], "a": struct(n = "x").n})))
warn(",".join([os.path.basename(path) for path in listdir(".")]))
exit()
fail("not reached")
`,
    );
    const calls = await callsOf(file);
    expect(calls.map(({ builtin, args }) => [builtin, Object.values(args)[0]])).toEqual([
      ['k8s_yaml', expect.stringMatching(/^kind: A/)],
      ['watch_file', 'y'],
      ['set_team', 'Tiltfile'],
      ['trigger_mode', { builtin: 'TRIGGER_MODE_MANUAL', args: null }],
      ['enable_feature', '{"a":"x","b":[1,true,null]}'],
      ['warn', 'Tiltfile,objects.yaml'],
    ]);
  });
});
