// Every adapter, by name. A new one is a folder beside this file and a line here; a spec compares the two.
import type { Adapter } from '../adapter.ts';
import { bandit } from './bandit/index.ts';
import { cyclonedx } from './cyclonedx/index.ts';
import { eslint } from './eslint/index.ts';
import { gitleaks } from './gitleaks/index.ts';
import { gosec } from './gosec/index.ts';
import { sarif } from './sarif/index.ts';
import { secretlint } from './secretlint/index.ts';
import { semgrep } from './semgrep/index.ts';

// One tool's own formats first, formats of many tools last: the order people see them in. What recognises them does
// not depend on it: a report that several know is refused, not guessed.
const list: readonly Adapter[] = [
  bandit,
  eslint,
  gitleaks,
  gosec,
  secretlint,
  semgrep,
  // Formats of many tools.
  cyclonedx,
  sarif,
];

export const adapters: ReadonlyMap<string, Adapter> = new Map(list.map((adapter) => [adapter.name, adapter]));
