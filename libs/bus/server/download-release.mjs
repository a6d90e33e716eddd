// The official release: downloaded within bounds, compared with its pinned checksum, and only then unpacked.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const maxArchiveBytes = 64 * 1024 * 1024;
const maxUnpackedBytes = 256 * 1024 * 1024;

/**
 * The bytes of the nats-server program in a release. Throws an Error that says why not.
 * @param {{ version: string, baseUrl: string, sha256: Readonly<Record<string, string>> }} release
 * @param {string} target for example "linux-amd64"
 * @param {{ connectMs: number, downloadMs: number }} limits
 * @returns {Promise<Buffer>}
 */
export async function downloadRelease(release, target, limits) {
  const expected = release.sha256[target];
  if (!expected) throw new Error(`there is no pinned release for ${target}`);
  const name = `nats-server-v${release.version}-${target}`;
  const archive = await download(`${release.baseUrl}/v${release.version}/${name}.tar.gz`, limits);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) {
    throw new Error(`the download has sha256 ${actual}, pinned is ${expected}: it was cut off or changed on its way`);
  }
  const tar = await promisify(gunzip)(archive, { maxOutputLength: maxUnpackedBytes });
  const program = fileInTar(tar, `${name}/nats-server`);
  if (!program) throw new Error(`the release has no file ${name}/nats-server`);
  return program;
}

async function download(url, { connectMs, downloadMs }) {
  const abort = new AbortController();
  // An answer must begin soon, so that a machine without a network goes on; its content may take longer.
  let timer = setTimeout(
    () => abort.abort(new Error(`${new URL(url).host} did not answer within ${connectMs / 1000} s`)),
    connectMs,
  );
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`the download took more than ${downloadMs / 1000} s`)), downloadMs);
    const chunks = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > maxArchiveBytes) throw new Error(`${url} is larger than ${maxArchiveBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    // fetch hides what went wrong in the cause.
    const why = abort.signal.aborted ? abort.signal.reason : (error.cause ?? error);
    throw new Error(why.message || why.code || String(why));
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** A regular file of a tar archive (POSIX ustar: blocks of 512 bytes, numbers in octal). */
function fileInTar(tar, wanted) {
  for (let at = 0; at + 512 <= tar.length; ) {
    const field = (start, length) => tar.toString('latin1', at + start, at + start + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size)) throw new Error('the release is no tar archive');
    const isFile = ['', '0'].includes(field(156, 1));
    if (isFile && field(0, 100) === wanted) {
      if (at + 512 + size > tar.length) throw new Error('the release is cut off');
      return tar.subarray(at + 512, at + 512 + size);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
