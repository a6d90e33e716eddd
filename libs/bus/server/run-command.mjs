// Runs a program without a shell, bounded in time and output.
import { spawn } from 'node:child_process';

const maxOutput = 64 * 1024;

/**
 * Its standard output; throws an Error with the last line it wrote when it fails or takes too long.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, timeoutMs: number, cwd?: string }} options
 * @returns {Promise<string>}
 */
export function runCommand(program, args, { env, timeoutMs, cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new Error(`did not end within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    child.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-maxOutput);
    });
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-maxOutput);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new Error(lastLine(errors) || lastLine(output) || `ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

function lastLine(text) {
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 300);
}
