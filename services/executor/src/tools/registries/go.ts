// A Go program, built from its module. In a module of its own, so that a dependency can be raised, which
// `go install package@version` does not allow.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoInstall } from '../install-spec.ts';
import { required, run, type Workshop } from './workshop.ts';

export async function installFromGo(install: GoInstall, workshop: Workshop): Promise<void> {
  const { folder } = workshop;
  const go = await required('go', 'Go (https://go.dev/dl)', workshop);
  const source = join(folder, 'source');
  await mkdir(source);
  // Of several, the last word counts for go: what the user set stays, but for this.
  const flags = [process.env['GOFLAGS'], '-mod=mod'].filter(Boolean).join(' ');
  const env = { GOBIN: join(folder, 'bin'), CGO_ENABLED: '0', GOFLAGS: flags };
  await run([go, 'mod', 'init', 'tool'], source, env, workshop);
  await run([go, 'get', `${install.package}@v${install.version}`, ...install.raises], source, env, workshop);
  const ldflags = install.ldflags ? ['-ldflags', install.ldflags] : [];
  await run([go, 'install', '-trimpath', ...ldflags, install.package], source, env, workshop);
}
