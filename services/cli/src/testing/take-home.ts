// A process that takes a home folder when told: each line of its input is a folder to take, or "release".
import { createInterface } from 'node:readline';
import { Home } from '../up/home.ts';

let release: (() => Promise<void>) | undefined;
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'release') {
    await release?.();
    release = undefined;
    console.log('released');
    continue;
  }
  try {
    release = await new Home(line).lock();
    console.log('held');
  } catch (error) {
    console.log((error as { code?: string }).code);
  }
}
