// What a component's annotations say of its tool: how it is called, found and installed.
import { InvalidInput } from '@assay/contracts';
import type { Component } from '@assay/pipeline';

export type Install =
  /** A dependency of this package, there as soon as Assay is. */
  | { readonly how: 'bundled'; readonly package: string }
  /** Part of something people install themselves. */
  | { readonly how: 'with'; readonly what: string }
  | { readonly how: 'pypi'; readonly package: string; readonly version: string }
  /** `raises`: modules to require at a higher version than the tool itself does. */
  | {
      readonly how: 'go';
      readonly package: string;
      readonly version: string;
      readonly raises: readonly string[];
      readonly ldflags: string;
    };

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
    install: installOf(component),
    needs: words(annotation(component, 'needs')),
    appliesTo: words(annotation(component, 'applies-to')),
    cacheEnv: words(annotation(component, 'cache-env')),
    passEnv: words(annotation(component, 'pass-env')),
  };
}

function installOf(component: Component): Install {
  const [source = '', ...raises] = words(annotation(component, 'install'));
  const [how = '', ...rest] = source.split(':');
  const what = rest.join(':');
  const python = /^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z0-9,-]+\])?)==([A-Za-z0-9.]+)$/.exec(what);
  const go = /^([a-z0-9.]+\/[A-Za-z0-9._/-]+)@v([A-Za-z0-9.+-]+)$/.exec(what);
  if (how === 'bundled' && what) return { how, package: what };
  if (how === 'with' && what) return { how, what };
  if (how === 'pypi' && python?.[1] && python[2]) return { how, package: python[1], version: python[2] };
  if (how === 'go' && go?.[1] && go[2]) {
    return { how, package: go[1], version: go[2], raises, ldflags: annotation(component, 'ldflags') };
  }
  throw new InvalidInput(
    `${component.file}: the annotation assay.dev/install must be "bundled:PACKAGE", "with:WHAT", "pypi:PACKAGE==VERSION" or "go:PACKAGE@vVERSION", not "${source}".`,
    { code: 'tool.install' },
  );
}

/** How a tool comes onto a machine, in words. */
export function describeInstall(install: Install): string {
  switch (install.how) {
    case 'bundled':
      return `comes with Assay (npm ${install.package})`;
    case 'with':
      return `comes with ${install.what}`;
    case 'pypi':
      return `PyPI ${install.package} ${install.version}`;
    case 'go':
      return `Go ${install.package} ${install.version}`;
  }
}
