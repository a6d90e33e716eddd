// What the standard leaves to the tool: names that vary, what kind of finding a tool makes, and where a known tool
// departs from SARIF. A tool that is not listed here is read by the standard alone.
import { Kind } from '@assay/contracts';
import type { JsonObject } from '../../json-values.ts';
import { invocationOf } from './spotbugs.ts';

export interface ToolTraits {
  /** The name the tool is known by, where its driver says another one. */
  readonly name?: string;
  /** What every finding of the tool is; default: decided by the rule. */
  readonly kind?: Kind;
  /** The rule's id as people know it, of the id in the report and the rule's help page. */
  readonly ruleId?: (id: string, helpUri: string) => string;
  /** Rules by which the tool says that it could not read something; they make the scan partial. */
  readonly failureRules?: ReadonlySet<string>;
  /** Members of partialFingerprints that are not one: metadata that several results share. */
  readonly notFingerprints?: ReadonlySet<string>;
  /** An invocation as it should read, where the tool says of itself what is not so. */
  readonly invocation?: (invocation: JsonObject) => JsonObject;
}

const plain: ToolTraits = {};
const secrets: ToolTraits = { kind: Kind.SECRET };
const misconfigurations: ToolTraits = { kind: Kind.MISCONFIGURATION };

// A rule's id stands behind the dotted path of the file it came from, which differs from machine to machine; a rule of
// the registry has its whole name in the address of its page.
const semgrep: ToolTraits = {
  name: 'semgrep',
  ruleId: (id, helpUri) => {
    const registered = /^https:\/\/semgrep\.dev\/r\/([\w.-]+)$/.exec(helpUri)?.[1];
    if (registered && (id === registered || id.endsWith(`.${registered}`))) return registered;
    return id.slice(id.lastIndexOf('.') + 1) || id;
  },
};

const byDriver: ReadonlyMap<string, ToolTraits> = new Map([
  ['semgrep', semgrep],
  ['semgrep oss', semgrep],
  ['semgrep pro', semgrep],
  ['nodejsscan', { name: 'njsscan' }],
  ['spotbugs', { invocation: invocationOf }],
  ['snyk code', { name: 'snyk-code' }],
  // A package that does not compile is a result of "rule" compile, at line 0.
  ['staticcheck', { failureRules: new Set(['compile']) }],
  // Commit, author and message of the commit, all "" without git.
  ['gitleaks', { ...secrets, notFingerprints: new Set(['commitSha', 'email', 'author', 'date', 'commitMessage']) }],
  ['secretlint', secrets],
  ['detect-secrets', secrets],
  ['trufflehog', secrets],
  ['checkov', misconfigurations],
  ['tfsec', misconfigurations],
  ['terrascan', misconfigurations],
  ['kics', misconfigurations],
  ['kubescape', misconfigurations],
  ['kube-linter', misconfigurations],
  ['hadolint', misconfigurations],
]);

/** What is known of the tool whose driver has this name, in any case. */
export function traitsOf(driverName: string): ToolTraits {
  return byDriver.get(driverName.toLowerCase()) ?? plain;
}
