// What `npm start`, `npm run dev` and `npm test` begin with: any Node from 20 on, nothing installed. It installs the
// dependencies when they are not what package-lock.json says, generates the wire contract, finds or fetches
// nats-server, and goes on with the pinned Node. Plain JavaScript without a dependency, and only this file is loaded
// before the version is checked.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const [command = '', ...rest] = process.argv.slice(2);

const commands = {
  start: () => ['services/cli/src/main.ts', 'start', ...rest],
  dev: () => ['--watch', '--watch-preserve-output', 'services/cli/src/main.ts', 'start', ...rest],
  // --selectProjects takes all that follows it, so it comes last.
  test: () => [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    ...rest,
    '--selectProjects',
    'unit',
  ],
};

try {
  checkNode();
  if (!Object.hasOwn(commands, command)) throw new Error(`bootstrap knows ${Object.keys(commands).join(', ')}`);
  // Both may have to download; neither needs the other.
  await Promise.all([prepareModules(), rest.includes('--help') || rest.includes('-h') || sayNatsServer()]);
  const { becomeNode, pinnedNode } = await import('./pinned-node.mjs');
  becomeNode(pinnedNode(root), commands[command](), { cwd: root });
} catch (error) {
  console.error(`assay: ${error.message}`);
  process.exit(1);
}

function checkNode() {
  if (Number.parseInt(process.versions.node, 10) >= 20) return;
  throw new Error(`Node 20 or newer is needed, this is ${process.version}: see https://nodejs.org/en/download`);
}

async function prepareModules() {
  if (!isInstalled()) await installDependencies();
  if (!isGenerated()) await generateContract();
}

/** Whether node_modules holds what package-lock.json says; npm notes what it installed in .package-lock.json. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (!path.includes('node_modules/')) return true;
    const there = installed[path];
    // Optional ones are for other systems.
    return there ? there.version === version && there.integrity === integrity : optional === true;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' && file.startsWith('node_modules/')) return {};
    throw new Error(`${file} cannot be read: ${error.message}`);
  }
}

function installDependencies() {
  console.error('installing dependencies (first start, or package-lock.json changed) …');
  // NODE_ENV=production or ignore-scripts in somebody's configuration would leave out the pinned Node.
  return run(...npm(), ['ci', '--include=dev', '--ignore-scripts=false', '--no-audit', '--no-fund'], 'npm ci failed');
}

/** The npm that runs this script, else the one on PATH. */
function npm() {
  const path = process.env.npm_execpath ?? '';
  return basename(path) === 'npm-cli.js' ? [process.execPath, [path]] : ['npm', []];
}

function isGenerated() {
  const time = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs;
  const generated = time('libs/contracts/generated/messages.ts') ?? 0;
  const sources = [
    'libs/contracts/scripts/generate.mjs',
    ...readdirSync(join(root, 'proto/assay/v1')).map((file) => `proto/assay/v1/${file}`),
  ];
  return sources.every((source) => (time(source) ?? 0) <= generated);
}

function generateContract() {
  return run(process.execPath, [], ['libs/contracts/scripts/generate.mjs'], 'generating the wire contract failed');
}

/** Runs quietly; what it wrote is shown only when it fails. */
function run(program, firstArgs, args, failure) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...firstArgs, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = [];
    child.stdout.on('data', (chunk) => written.push(chunk));
    child.stderr.on('data', (chunk) => written.push(chunk));
    child.on('error', (error) => reject(new Error(`${failure}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      writeSync(process.stderr.fd, Buffer.concat(written));
      reject(new Error(`${failure}: ${signal ?? `exit code ${code}`}`));
    });
  });
}

async function sayNatsServer() {
  if (command !== 'test' && process.env.ASSAY_NATS_URL) {
    console.error('nats-server: the one at ASSAY_NATS_URL');
    return;
  }
  const { describeNatsServer, findNatsServer } = await import('../../../libs/bus/server/find-nats-server.mjs');
  console.error(describeNatsServer(await findNatsServer({ log: (sentence) => console.error(sentence) })));
}
