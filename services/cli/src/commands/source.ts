// assay source git | archive | upload | path: the steps of the source components.
import { resolve } from 'node:path';
import { type AssayCommand, type Define, integer } from '../command.ts';
import type { Io } from '../io.ts';
import { oneLine } from '../terminal-text.ts';

interface TaskFlags {
  appliesTo: string;
  appliesFile?: string;
}

interface FillFlags extends TaskFlags {
  replace?: boolean;
}

interface ArchiveFlags extends FillFlags {
  stripComponents: number;
  maxBytes: number;
}

export const define: Define = (command, io) => {
  filling(command.command('git'))
    .summary('clone a repository at a branch, tag or commit; prints the commit')
    .description(
      'Clone a repository at a branch, tag or commit, without its history where the server can, and print the commit. ' +
        'Neither submodules nor files of Git LFS come with it, and no hook is run. Credentials are files of a folder: ' +
        'url, the address they are for; username and password, or ssh-privatekey and known_hosts; ca.crt.',
    )
    .argument('<folder>', 'where it goes; empty, or with --replace')
    .requiredOption('--url <address>', 'of the repository: https, http or ssh')
    .option('--revision <name>', 'a branch, tag or commit; default: the default branch', '')
    .option('--credentials <folder>', 'holds what opens it')
    .option('--commit-file <file>', 'the commit is written there, too')
    .example(
      'assay source git shop --url https://git.example.org/shop.git --revision v1.2.0',
      'the files of that tag, in the new folder shop',
    )
    .does(
      io,
      async (
        path: string,
        flags: FillFlags & { url: string; revision: string; credentials?: string; commitFile?: string },
      ) => {
        const { fetchGit } = await import('../source/fetch-git.ts');
        const folder = await readyFolder(io, path, flags);
        const { url, revision, credentials } = flags;
        const commit = await fetchGit(
          { url, revision, ...(credentials ? { credentials: resolve(io.cwd, credentials) } : {}) },
          { folder, env: io.env, signal: io.signal },
        );
        await tellTask(io, folder, flags, [{ name: 'commit', value: commit, file: flags.commitFile }]);
        await io.out.line(commit);
        return undefined;
      },
    );

  unpacking(filling(command.command('archive')))
    .summary('download an archive and unpack it; prints its digest')
    .description(
      'Download an archive (.tar, .tar.gz, .tar.zst) over HTTP, unpack it, and print its digest. One whose entries lead ' +
        'out of the folder is refused as a whole; links that do are left out.',
    )
    .argument('<folder>', 'where it goes; empty, or with --replace')
    .requiredOption('--url <address>', 'of the archive: https or http')
    .option('--sha256 <digest>', 'what it must be; default: whatever comes', '')
    .option('--digest-file <file>', 'its digest is written there, too')
    .example(
      'assay source archive shop --url https://example.org/shop-1.2.0.tar.gz --strip-components 1',
      'without the folder that all its files are in',
    )
    .does(io, async (path: string, flags: ArchiveFlags & { url: string; sha256: string; digestFile?: string }) => {
      const { downloadArchive, parseArchiveUrl } = await import('../source/download-archive.ts');
      const { parseDigest } = await import('../source/unpack-download.ts');
      const url = parseArchiveUrl(flags.url);
      const expected = flags.sha256 === '' ? undefined : parseDigest(flags.sha256);
      const digest = await unpackInto(io, path, flags, {
        body: downloadArchive(url, io.signal),
        from: url.href,
        expected,
        results: (got) => [{ name: 'digest', value: got, file: flags.digestFile }],
      });
      await io.out.line(digest);
      return undefined;
    });

  unpacking(filling(command.command('upload')))
    .summary('unpack what was uploaded for a run')
    .description(
      'Unpack the archive that was uploaded for a run, with the run’s own token (ASSAY_URL, ASSAY_TOKEN_FILE). What is ' +
        'refused of an archive from elsewhere is refused of this one.',
    )
    .argument('<folder>', 'where it goes; empty, or with --replace')
    .requiredOption('--run <id>', 'the run it was uploaded for')
    .requiredOption('--digest <digest>', 'what it must be, sha256:…')
    .example('assay source upload /workspace/source --run 6f1c --digest sha256:9f86…', 'as the component upload does')
    .does(io, async (path: string, flags: ArchiveFlags & { run: string; digest: string }) => {
      const { connect } = await import('../platform.ts');
      const { parseDigest } = await import('../source/unpack-download.ts');
      const expected = parseDigest(flags.digest);
      const client = await connect(io);
      await unpackInto(io, path, flags, {
        body: client.download(`/api/v1/runs/${encodeURIComponent(flags.run)}/source`),
        from: client.url,
        expected,
        results: () => [],
      });
      await io.out.line(expected);
      return undefined;
    });

  telling(command.command('path'))
    .summary('say which tasks have something to scan in a folder')
    .description('Say which tasks have something to scan in a folder that is there already.')
    .argument('<folder>', 'what is scanned; nothing is written into it')
    .example(`assay source path . --applies-to '{"gosec":["**/*.go"]}'`, 'prints gosec, if there is Go')
    .does(io, async (path: string, flags: TaskFlags) => {
      const names = await tellTask(io, resolve(io.cwd, path), flags, []);
      for (const name of names) await io.out.line(oneLine(name));
      return undefined;
    });
};

function telling(command: AssayCommand): AssayCommand {
  return command
    .option('--applies-to <json>', 'globs of each task, {"gosec":["**/*.go"]}', '{}')
    .option('--applies-file <file>', 'the names of the tasks that have something to scan are written there, as JSON');
}

function filling(command: AssayCommand): AssayCommand {
  return telling(command.option('--replace', 'what is in the folder is lost'));
}

function unpacking(command: AssayCommand): AssayCommand {
  return command
    .option('--strip-components <count>', 'leading folders of every path that are left out', integer(0, 100), 0)
    .option('--max-bytes <count>', 'most bytes of the archive, and of what is in it', integer(1, 2 ** 40), 4 * 2 ** 30);
}

async function readyFolder(io: Io, path: string, { replace = false }: FillFlags): Promise<string> {
  const { makeReady } = await import('../source/source-folder.ts');
  const folder = resolve(io.cwd, path);
  await makeReady(folder, { replace });
  return folder;
}

type Results = Parameters<typeof import('../source/task-results.ts').writeResults>[0];

async function tellTask(io: Io, folder: string, flags: TaskFlags, results: Results): Promise<string[]> {
  const [{ whichApply }, { writeResults }] = await Promise.all([
    import('../source/which-apply.ts'),
    import('../source/task-results.ts'),
  ]);
  const names = await whichApply(flags.appliesTo, folder);
  const file = (name: string | undefined) => (name === undefined ? undefined : resolve(io.cwd, name));
  await writeResults([
    ...results.map((result) => ({ ...result, file: file(result.file) })),
    { name: 'applies', value: names, file: file(flags.appliesFile) },
  ]);
  return names;
}

async function unpackInto(
  io: Io,
  path: string,
  flags: ArchiveFlags,
  archive: {
    body: AsyncIterable<Uint8Array>;
    from: string;
    expected: string | undefined;
    results: (digest: string) => Results;
  },
): Promise<string> {
  const { unpackDownload } = await import('../source/unpack-download.ts');
  const folder = await readyFolder(io, path, flags);
  const { digest, outside } = await unpackDownload(archive, {
    folder,
    strip: flags.stripComponents,
    maxBytes: flags.maxBytes,
    signal: io.signal,
  });
  if (outside.length > 0) {
    const [links, names] = [
      outside.length === 1 ? '1 link that leads' : `${outside.length} links that lead`,
      outside.slice(0, 5),
    ];
    io.err.put(
      `${oneLine(`left out ${links} out of the archive: ${names.join(', ')}${outside.length > 5 ? ', …' : ''}`)}\n`,
    );
  }
  await tellTask(io, folder, flags, archive.results(digest));
  return digest;
}
