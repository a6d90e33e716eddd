// Records new fields in proto/wire.lock.json; refuses a change that older programs would misread.
import { writeFileSync } from 'node:fs';
import { currentWire, incompatibilities, lockFile, readLock } from '../src/wire-lock.ts';

const broken = incompatibilities(readLock(), currentWire());
if (broken.length > 0) {
  console.error(broken.join('\n'));
  process.exit(1);
}
const sorted = Object.fromEntries(
  Object.entries(currentWire()).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
);
writeFileSync(lockFile, `${JSON.stringify(sorted, null, 2)}\n`);
