// Writes the CustomResourceDefinitions to deploy/crds.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crdFiles } from '../src/resources/crd-files.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'deploy', 'crds');
const files = crdFiles();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith('.yaml') && !files[name]) rmSync(join(folder, name));
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
