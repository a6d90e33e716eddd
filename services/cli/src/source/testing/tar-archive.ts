// Archives as no honest program packs them: each entry exactly as it is given.
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

export interface TarEntry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'BlockDevice' | 'FIFO';
  content?: string;
  linkpath?: string;
  mode?: number;
  /** What the header says instead of the content's length. */
  size?: number;
}

export function tarOf(...entries: TarEntry[]): Buffer {
  const blocks = entries.map(({ path, type = 'File', content = '', linkpath, mode = 0o644, size }) => {
    const header = Buffer.alloc(512);
    const bytes = Buffer.from(content);
    new Header({
      path,
      type,
      mode,
      size: size ?? bytes.length,
      ...(linkpath === undefined ? {} : { linkpath }),
    }).encode(header);
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function tarGzOf(...entries: TarEntry[]): Buffer {
  return gzipSync(tarOf(...entries));
}
