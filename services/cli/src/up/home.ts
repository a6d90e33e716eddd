// Assay's own folder: who may read what, which secrets it keeps, and that only one platform lives in it at a time.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSeed } from '@assay/bus';
import { InvalidInput } from '@assay/contracts';
import { takeLock } from './home-lock.ts';

export class Home {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Makes the folders; others on the machine cannot read them. */
  async prepare(): Promise<void> {
    for (const part of ['', 'data', 'logs', 'run', 'secrets', 'sink-secrets', 'cache']) {
      const folder = this.path(part);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
      } catch (cause) {
        throw new InvalidInput(`${folder} cannot be made: set ASSAY_HOME to a folder that you can write`, {
          code: 'home.folder',
          cause,
        });
      }
      if (['secrets', 'sink-secrets', 'run'].includes(part)) await chmod(folder, 0o700);
    }
  }

  /** The file of a secret, made on first use. */
  async secretFile(name: string, make: () => string = () => randomBytes(24).toString('base64url')): Promise<string> {
    const file = this.path('secrets', name);
    const existing = await readFile(file, 'utf8').catch(() => '');
    if (existing.trim() === '') await this.write(file, make());
    return file;
  }

  async secret(name: string, make?: () => string): Promise<string> {
    return (await readFile(await this.secretFile(name, make), 'utf8')).trim();
  }

  /** A service's nkey seed. */
  async seed(name: string): Promise<{ file: string; seed: string }> {
    const file = await this.secretFile(`nkey-${name}`, createSeed);
    return { file, seed: (await readFile(file, 'utf8')).trim() };
  }

  /** Writes a file whole or not at all, readable by its owner only. */
  async write(file: string, content: string): Promise<void> {
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, file);
  }

  /** Takes the folder for this process; the returned function gives it back. */
  async lock(): Promise<() => Promise<void>> {
    const taken = await takeLock(this.path('run/lock'));
    if ('release' in taken) return () => taken.release();
    const { pid } = taken.heldBy;
    throw new InvalidInput(
      `Assay already runs from ${this.folder} (process ${pid}): use it, stop it (kill ${pid}), or set another ASSAY_HOME`,
      { code: 'home.locked' },
    );
  }
}
