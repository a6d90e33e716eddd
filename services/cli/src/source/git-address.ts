// What a run may clone: an address of https, http or ssh, and a name of something in that repository. Both come from
// whoever asked for the run, and git reads much into either.
import { InvalidInput } from '@assay/contracts/errors';

export interface GitAddress {
  /** As git is given it. */
  readonly text: string;
  readonly transport: 'https' | 'http' | 'ssh';
  /** The same as a URL, also where it was written as HOST:PATH. */
  readonly url: URL;
}

/** The form of git and ssh, git@example.org:team/shop.git. */
const scpShape = /^(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9][A-Za-z0-9.-]*):((?!\/\/).+)$/;

/** Throws InvalidInput "source.address". */
export function parseGitAddress(text: string): GitAddress {
  const url = URL.parse(text.includes('://') ? text : text.replace(scpShape, asSsh));
  const transport = url?.protocol.slice(0, -1);
  if (!url?.hostname || (transport !== 'https' && transport !== 'http' && transport !== 'ssh') || isUnfit(text)) {
    throw refused(`"${text}" is no address of a git repository; write https://HOST/PATH, http://… or ssh://…`);
  }
  // It would be in events, in the PipelineRun and in logs.
  if (url.password || (url.username && transport !== 'ssh')) {
    throw refused(
      `the address of ${url.host}${url.pathname} holds a name or password; leave them out and bind the workspace git-credentials`,
    );
  }
  // ssh would read such a name as an option.
  if (url.hostname.startsWith('-') || url.username.startsWith('-')) throw refused(`"${text}" names no host`);
  return { text, transport, url };
}

function asSsh(_text: string, user: string | undefined, host: string, path: string): string {
  return `ssh://${user ? `${user}@` : ''}${host}/${path.replace(/^\/+/, '')}`;
}

/** Characters that no address has; a control character could end a line of what git is told. */
function isUnfit(text: string): boolean {
  return text.length > 2048 || /[\s\p{Cc}]/u.test(text);
}

/** A branch, tag or commit; "HEAD" for none. Throws InvalidInput "source.revision" for what git would read otherwise. */
export function parseRevision(text: string): string {
  if (text === '') return 'HEAD';
  // git-check-ref-format(1); a "+" in front or a ":" within would make it a refspec.
  if (/^[-+/]|[\s\p{Cc}~^:?*[\\]|\.\.|@\{|\/\/|[/.]$|\.lock$/u.test(text) || text.length > 255) {
    throw new InvalidInput(`"${text}" is no branch, tag or commit; write its name as git shows it`, {
      code: 'source.revision',
    });
  }
  return text;
}

/** Whether it may be a commit, whole or shortened. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(revision);
}

function refused(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'source.address' });
}
