// One service as one file: esbuild bundles services/<name>/src/main.ts with all that it imports. What code looks up
// beside itself (import.meta, __dirname) it looks up where its source lies in this repository, below the bundle's own
// root: an image that holds files at the same paths needs no code for it.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';

export const root = join(import.meta.dirname, '../..');

/** Drivers that these packages try to load and do without; none of them is installed. */
const optional = [
  '@aws-sdk/credential-providers',
  '@mongodb-js/zstd',
  'gcp-metadata',
  'kerberos',
  'mongodb-client-encryption',
  'snappy',
];

/** Writes <folder>/services/<name>/src/main.mjs. With `isSplit`, what is imported only when asked for stays in files beside it. */
export async function bundleService(name: string, folder: string, { isSplit }: { isSplit: boolean }): Promise<void> {
  const source = join(root, 'services', name, 'src');
  await build({
    entryPoints: [join(source, 'main.ts')],
    outdir: join(folder, 'services', name, 'src'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: isSplit,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Names stay, for stack traces that can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    external: optional,
    banner: {
      js: [
        ...(name === 'cli' ? ['#!/usr/bin/env node'] : []),
        `import { createRequire as __createRequire } from 'node:module';`,
        'const require = __createRequire(import.meta.url);',
        'const __bundle = import.meta.url;',
      ].join('\n'),
    },
    plugins: [placesOf(source)],
    logLevel: 'warning',
  });
}

function placesOf(bundleFolder: string): Plugin {
  return {
    name: 'places',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.([cm]?js|ts)$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!/\bimport\.meta\.(url|dirname|filename)\b|\b__(dirname|filename)\b/.test(text)) return undefined;
        return { contents: placed(text, relative(bundleFolder, path)), loader: loaderOf(path) };
      });
    },
  };
}

/** The code with its own place written into it, `path` being where it lies from the bundle. */
export function placed(text: string, path: string): string {
  const url = `new URL(${JSON.stringify(path)}, __bundle)`;
  const folder = `new URL(${JSON.stringify(dirname(path))}, __bundle).pathname`;
  return text
    .replaceAll(/\bimport\.meta\.url\b/g, `${url}.href`)
    .replaceAll(/\bimport\.meta\.dirname\b/g, folder)
    .replaceAll(/\bimport\.meta\.filename\b/g, `${url}.pathname`)
    .replaceAll(/(?<![.\w$])__dirname\b/g, folder)
    .replaceAll(/(?<![.\w$])__filename\b/g, `${url}.pathname`);
}

function loaderOf(path: string): Loader {
  return basename(path).endsWith('.ts') ? 'ts' : 'js';
}
