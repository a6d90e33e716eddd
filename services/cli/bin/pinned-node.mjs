// The Node that Assay runs on: pinned as a dev dependency, so that a machine's older one is enough to begin with.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** The first Node that runs TypeScript as it is. */
const oldestMajor = 24;

/**
 * Path of the program. Throws an Error that says what to do when there is none.
 * @param {string} root the repository
 */
export function pinnedNode(root) {
  const pinned = join(root, 'node_modules/node/bin/node');
  if (existsSync(pinned)) return pinned;
  if (Number.parseInt(process.versions.node, 10) >= oldestMajor) return process.execPath;
  throw new Error(
    `Assay needs Node ${oldestMajor}, this is ${process.version} and ${pinned} is missing: run npm ci --include=dev --ignore-scripts=false`,
  );
}

/**
 * Runs Node in the foreground and ends this process as it ended. Signals go to it.
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 */
export function becomeNode(node, args, options = {}) {
  let child;
  // Before it is started: who sees it run may already send a signal, which would end this process alone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us; a second one would mean "at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child = spawn(node, args, { ...options, stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(
      `assay: ${node} does not run (${error.message}); is node_modules of another system? Remove it and start again.`,
    );
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}
