// A repository's files at one commit, with as little of its history as the server lets us leave.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput, Transient } from '@assay/contracts/errors';
import { type GitAddress, isCommit, parseGitAddress, parseRevision } from './git-address.ts';
import { accessTo } from './git-credentials.ts';
import { type GitEnd, type GitOptions, runGit } from './run-git.ts';
import { empty } from './source-folder.ts';

export interface GitSource {
  readonly url: string;
  /** A branch, tag or commit; "" for the default branch. */
  readonly revision: string;
  /** Folder of a Secret, see git-credentials.ts. */
  readonly credentials?: string;
}

export interface FetchGitOptions {
  /** An empty folder. */
  readonly folder: string;
  readonly env: GitOptions['env'];
  readonly signal: AbortSignal;
}

/** The commit whose files are in the folder now. Throws InvalidInput or Transient with a sentence "source.git-*". */
export async function fetchGit(source: GitSource, { folder, env, signal }: FetchGitOptions): Promise<string> {
  const address = parseGitAddress(source.url);
  const revision = parseRevision(source.revision);
  const workshop = await mkdtemp(join(tmpdir(), 'assay-git-'));
  try {
    const access = await accessTo(address, { folder: source.credentials, workshop });
    const git = (...args: string[]) => runGit(args, { folder, env, signal, ...access });
    must(await git('init', '--quiet', '--template='), address, revision);
    const commit = await fetchCommit(git, address, revision);
    must(await git('checkout', '--quiet', '--force', '--detach', commit), address, revision);
    return commit;
  } catch (error) {
    await empty(folder);
    throw error;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

type Git = (...args: string[]) => Promise<GitEnd>;

/** Some servers send no single commit, others no cut history; then all of it comes. */
async function fetchCommit(git: Git, address: GitAddress, revision: string): Promise<string> {
  const fetch = (depth: readonly string[], ...what: string[]) =>
    git('fetch', '--quiet', '--no-tags', '--force', ...depth, '--', address.text, ...what);
  let end = await fetch(['--depth=1'], revision);
  if (end.exitCode !== 0 && /shallow/.test(end.err)) end = await fetch([], revision);
  if (end.exitCode !== 0 && isCommit(revision) && isUnknown(end)) {
    must(await fetch([], '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'), address, revision);
    return commitOf(git, address, revision, revision);
  }
  must(end, address, revision);
  return commitOf(git, address, revision, 'FETCH_HEAD');
}

async function commitOf(git: Git, address: GitAddress, revision: string, name: string): Promise<string> {
  const { exitCode, out } = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
  if (exitCode !== 0) throw noRevision(address, revision);
  return out;
}

function isUnknown({ err }: GitEnd): boolean {
  return /couldn't find remote ref|not our ref|unadvertised object|no such remote ref/i.test(err);
}

const refusal =
  /authentication failed|could not read (username|password)|permission denied|access denied|returned error: 40[13]|host key verification failed|invalid credentials/i;
const absence = /not found|does not appear to be a git repository|returned error: 404|not valid: is this a git/i;
const passing =
  /could not resolve|failed to connect|connection (refused|reset|timed out)|couldn't connect|timed out|too slow|early eof|hung up|returned error: (429|5\d\d)|gnutls|recv failure|unexpected disconnect/i;

/** Throws what a git command that failed means. */
function must(end: GitEnd, address: GitAddress, revision: string): void {
  if (end.exitCode === 0) return;
  const where = address.text;
  if (isUnknown(end)) throw noRevision(address, revision);
  if (refusal.test(end.err)) {
    throw new InvalidInput(
      `${where} lets nobody in without the right credentials; bind the workspace git-credentials to a Secret for it (${lastWords(end)})`,
      { code: 'source.git-access' },
    );
  }
  if (absence.test(end.err)) {
    throw new InvalidInput(`there is no git repository at ${where}; check the address (${lastWords(end)})`, {
      code: 'source.git-absent',
    });
  }
  if (/redirect|returned error: 3\d\d/i.test(end.err)) {
    throw new InvalidInput(`${where} sends on to another address; give that one (${lastWords(end)})`, {
      code: 'source.git-redirect',
    });
  }
  if (passing.test(end.err)) {
    throw new Transient(`${where} cannot be reached now; try again (${lastWords(end)})`, { code: 'source.git-lost' });
  }
  throw new InvalidInput(`git could not fetch ${revision} of ${where}: ${lastWords(end)}`, { code: 'source.git' });
}

function noRevision(address: GitAddress, revision: string): InvalidInput {
  return new InvalidInput(`${address.text} has no branch, tag or commit ${revision}; check the revision`, {
    code: 'source.revision',
  });
}

/** What git says of a failure is in its lines that begin so; the others are the server's. */
function lastWords({ err }: GitEnd): string {
  const lines = err.split('\n').filter(Boolean);
  const line = lines.find((it) => /^(fatal|error):/.test(it)) ?? lines.at(-1) ?? 'it said nothing';
  return line.replace(/^(fatal|error): /, '').slice(0, 300);
}
