// What a folder is called when nobody says: its git remote and place in the repository, else its own name. History
// belongs to the name, so it must be the same wherever the repository is checked out.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

export async function targetNameOf(folder: string): Promise<string> {
  for (let root = folder; ; root = dirname(root)) {
    const config = await gitConfig(root);
    const remote = config === undefined ? undefined : originOf(config);
    if (config !== undefined)
      return join(remote ?? basename(root), relative(root, folder))
        .split(sep)
        .join('/');
    if (dirname(root) === root) return basename(folder) || 'root';
  }
}

// In a worktree and in a submodule `.git` is a file that says where the repository is.
async function gitConfig(root: string): Promise<string | undefined> {
  const read = (...parts: string[]) => readFile(resolve(...parts), 'utf8').catch(() => undefined);
  const config = await read(root, '.git/config');
  if (config !== undefined) return config;
  const [, folder] = /^gitdir: (.+)$/m.exec((await read(root, '.git')) ?? '') ?? [];
  if (folder === undefined) return undefined;
  const common = (await read(root, folder, 'commondir'))?.trim() ?? '.';
  return read(root, folder, common, 'config');
}

/** "github.com/acme/shop" of a git configuration's remote "origin"; never its user or password. */
function originOf(config: string): string | undefined {
  const section = /^\[remote "origin"\]\s*\n((?:(?!\s*\[).*\n?)*)/m.exec(config)?.[1] ?? '';
  const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1] ?? '';
  // scp-like "git@host:path", or a URL; a path on this machine is no name for others.
  const [, host, path] = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(url) ?? [];
  const parsed = URL.parse(url);
  const name = host && path ? `${host}/${path}` : parsed?.host ? `${parsed.hostname}${parsed.pathname}` : undefined;
  return name?.replace(/\/+/g, '/').replace(/(\.git)?\/?$/, '');
}
