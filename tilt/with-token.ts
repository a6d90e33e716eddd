// Runs a command of `assay` against the platform on the cluster, with the gateway's token from its Secret:
// node tilt/with-token.ts scan examples/shop
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

const secret = ['get', 'secret', 'assay-gateway', '--namespace', 'assay', '--output', 'jsonpath={.data.token}'];
const token = Buffer.from(execFileSync('kubectl', secret, { encoding: 'utf8' }), 'base64').toString();
const assay = join(import.meta.dirname, '../services/cli/src/main.ts');
const env = { ASSAY_URL: 'http://127.0.0.1:7077', ...process.env, ASSAY_TOKEN: token };
spawn(process.execPath, [assay, ...process.argv.slice(2)], { env, stdio: 'inherit' }).once('exit', (code) => {
  process.exitCode = code ?? 1;
});
