// What a component's annotations say of its tool: how it is called, found and installed.
import type { Component } from '@assay/pipeline';
import { type Install, installOf } from './install-spec.ts';

export interface ToolSpec {
  /** The component's name: what people say. */
  readonly name: string;
  /** The program. */
  readonly command: string;
  readonly versionArgs: readonly string[];
  readonly install: Install;
  /** Programs the tool calls itself, e.g. go. */
  readonly needs: readonly string[];
  /** Files the target must have one of, as globs; empty: it applies to everything. */
  readonly appliesTo: readonly string[];
  /** Variables that name a folder the tool keeps between runs. */
  readonly cacheEnv: readonly string[];
  /** Variables of ours that the tool may see. */
  readonly passEnv: readonly string[];
  /** What a step exits with when the tool cannot be used here at all, as if it were not installed; 0: nothing does. */
  readonly skipCode: number;
}

const annotation = (component: Component, name: string): string => component.annotations[`assay.dev/${name}`] ?? '';
const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** The tool of a component; undefined when it names none. Throws InvalidInput when an annotation makes no sense. */
export function toolOf(component: Component): ToolSpec | undefined {
  const command = annotation(component, 'tool');
  if (!command) return undefined;
  return {
    name: component.name,
    command,
    versionArgs: words(annotation(component, 'tool-version-args') || '--version'),
    install: installOf(component.file, {
      install: words(annotation(component, 'install')),
      ldflags: annotation(component, 'ldflags'),
      mainClass: annotation(component, 'main-class'),
    }),
    needs: words(annotation(component, 'needs')),
    appliesTo: words(annotation(component, 'applies-to')),
    cacheEnv: words(annotation(component, 'cache-env')),
    passEnv: words(annotation(component, 'pass-env')),
    skipCode: Number.parseInt(annotation(component, 'skip-code') || '0', 10),
  };
}
