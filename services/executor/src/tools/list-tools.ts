// What `assay tools ls` shows: every scanner, whether it is on this machine, which version, and how it comes there.
import { tmpdir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import type { Component } from '@assay/pipeline';
import { runProcess } from '../run-process.ts';
import { findProgram, searchFolders, type ToolPlaces } from './find-tool.ts';
import { describeInstall, isFromRegistry, isRelease } from './install-spec.ts';
import { type ToolSpec, toolOf } from './tool-spec.ts';

const versionTimeoutMs = 30_000;

export interface ToolState {
  readonly name: string;
  readonly command: string;
  readonly isPresent: boolean;
  /** "" when it does not say. */
  readonly version: string;
  readonly path: string;
  /** How it comes onto a machine. */
  readonly install: string;
  /** Whether `installTool` can fetch it. */
  readonly isInstallable: boolean;
  /** When it is missing: what to do, one sentence. */
  readonly repair: string;
}

/** The components' tools in order; asks each one found for its version. */
export async function listTools(components: readonly Component[], places: ToolPlaces): Promise<ToolState[]> {
  const specs = components.flatMap((component) => toolOf(component) ?? []);
  return Promise.all(specs.map((spec) => stateOf(spec, places)));
}

async function stateOf(spec: ToolSpec, places: ToolPlaces): Promise<ToolState> {
  const found = await locateTool(spec, places);
  return {
    name: spec.name,
    command: spec.command,
    isPresent: 'path' in found,
    version: 'path' in found ? await versionOf(found.path, spec, places) : '',
    path: 'path' in found ? found.path : '',
    install: describeInstall(spec.install),
    isInstallable: isFromRegistry(spec.install),
    repair: 'path' in found ? '' : found.missing,
  };
}

/** Where the tool is, or one sentence that says what is missing and how to get it. */
export async function locateTool(spec: ToolSpec, places: ToolPlaces): Promise<{ path: string } | { missing: string }> {
  const folders = searchFolders(spec, places);
  const path = await findProgram(spec.command, folders);
  if (!path) return { missing: missing(spec) };
  for (const need of spec.needs) {
    if (!(await findProgram(need, folders))) {
      return { missing: `${spec.name} needs ${need}, which is not installed: install ${need} and put it on the PATH` };
    }
  }
  return { path };
}

function missing({ name, command, install }: ToolSpec): string {
  switch (install.how) {
    case 'bundled':
      return `${command} is not installed: run npm ci in the folder of Assay`;
    case 'with':
      return `${command} is not installed: it comes with ${install.what}`;
    default:
      return `${command} is not installed: npx assay tools install ${name}`;
  }
}

/**
 * The pinned version where the tool says it (staticcheck says "2026.2 (0.8.2)"), else the first thing like a version;
 * "" when there is none.
 */
export async function versionOf(path: string, spec: ToolSpec, places: ToolPlaces): Promise<string> {
  const { output } = await runProcess({
    argv: [path, ...spec.versionArgs],
    cwd: tmpdir(),
    env: {
      PATH: [dirname(process.execPath), dirname(path), ...places.path].join(delimiter),
      HOME: tmpdir(),
      LANG: 'C.UTF-8',
    },
    timeoutMs: versionTimeoutMs,
  });
  const said = output.match(/\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z.]+)?/g) ?? [];
  const { install } = spec;
  return (isFromRegistry(install) ? said.find((version) => isRelease(install, version)) : undefined) ?? said[0] ?? '';
}
