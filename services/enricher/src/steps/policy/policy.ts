// A policy: rules of people about findings. Its shape, and how the document is read; mistakes are told with line and
// column. Pure; the step and `assay explain policy` call it.
import { type Condition, compileCondition } from '@assay/cel';
import { InvalidInput, type Severity, severityNames } from '@assay/contracts';
import { type Document, isScalar, LineCounter, type ParsedNode, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { type Locate, locateIn } from './locate.ts';

/** Most bytes of a policy document. */
export const maxPolicyBytes = 256 * 1024;
const maxRules = 200;
/** Most mistakes told at once. */
const maxMistakes = 10;

export interface Rule {
  readonly name: string;
  /** Line of the document where the rule begins, from 1. */
  readonly line: number;
  /** The condition as it was written. */
  readonly when: string;
  readonly condition: Condition;
  readonly severity?: Severity;
  readonly tags: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly suppress?: Suppress;
}

export interface Suppress {
  readonly reason: string;
  /** As it was written: a date, a time or "never". */
  readonly expires: string;
  /** From when on it no longer applies: milliseconds since 1970; Infinity: never. */
  readonly until: number;
}

export interface Policy {
  /** "first": only the first rule that applies acts; "all": each that applies, in order. */
  readonly match: 'first' | 'all';
  readonly rules: readonly Rule[];
}

const words = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters');
const ruleName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be up to 64 letters, digits and . _ -');
const day = z.iso.date();
const expiry = z.union([z.literal('never'), day, z.iso.datetime({ offset: true })], {
  error: 'must be a date like 2026-12-31, an RFC 3339 time or "never"',
});

const ruleSchema = z
  .strictObject({
    name: ruleName,
    when: z.string().min(1),
    severity: z.enum(['info', 'low', 'medium', 'high', 'critical']).optional(),
    tags: z
      .array(z.string().regex(/^[A-Za-z0-9][\w./-]{0,63}$/, 'must be up to 64 letters, digits and . _ / -'))
      .max(16)
      .default([]),
    annotations: z
      .record(words(128), words(1024))
      .refine((all) => Object.keys(all).length <= 16, 'must be at most 16')
      .default({}),
    suppress: z.strictObject({ reason: words(1024), expires: expiry }).optional(),
  })
  .refine(
    ({ severity, tags, annotations, suppress }) =>
      severity || suppress || tags.length > 0 || Object.keys(annotations).length > 0,
    'does nothing: give it severity, tags, annotations or suppress',
  );
const policySchema = z.strictObject({
  match: z.enum(['first', 'all']).default('first'),
  rules: z.array(ruleSchema).min(1).max(maxRules),
});

/** Throws InvalidInput "policy.invalid" with every mistake as "<name>:<line>:<column>: …", a line each. */
export function parsePolicy(text: string, name = 'policy'): Policy {
  const size = Buffer.byteLength(text);
  if (size > maxPolicyBytes)
    throw invalid(`${name} has ${size} bytes; at most ${maxPolicyBytes} are read: make it several policies`);
  const { value, locate, place } = readYaml(text, name);
  const mistakes: string[] = [];
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    for (const { path, message, ...issue } of parsed.error.issues) {
      const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
      mistakes.push(
        `${place(locate.node(path, key))}: ${[spell(path), message.slice(0, 300)].filter(Boolean).join(': ')}`,
      );
    }
    throw notValid(mistakes);
  }
  const names = new Map<string, number>();
  const rules = parsed.data.rules.flatMap(({ suppress, severity, ...rule }, index): Rule[] => {
    const at = ['rules', index];
    const line = locate.line(locate.node(at));
    const twin = names.get(rule.name);
    names.set(rule.name, line);
    if (twin !== undefined)
      mistakes.push(
        `${place(locate.node([...at, 'name']))}: "${rule.name}" is the name of the rule at line ${twin} too`,
      );
    const condition = compileCondition(rule.when, ['finding']);
    if (typeof condition !== 'function') {
      const { reason, offset } = condition;
      mistakes.push(`${place(locate.inside([...at, 'when'], offset ?? 0))}: rule "${rule.name}": when: ${reason}`);
      return [];
    }
    const level = severity === undefined ? undefined : severityNames.parse(severity);
    return [
      {
        ...rule,
        line,
        condition,
        ...(level === undefined ? {} : { severity: level }),
        ...(suppress ? { suppress: { ...suppress, until: endOf(suppress.expires) } } : {}),
      },
    ];
  });
  if (mistakes.length > 0) throw notValid(mistakes);
  return { match: parsed.data.match, rules };
}

/** A day counts to its end, in UTC. */
function endOf(expires: string): number {
  if (expires === 'never') return Number.POSITIVE_INFINITY;
  return day.safeParse(expires).success
    ? Date.parse(`${expires}T00:00:00Z`) + 24 * 60 * 60 * 1000
    : Date.parse(expires);
}

function readYaml(text: string, name: string): { value: unknown; locate: Locate; place: (offset: number) => string } {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  try {
    // The parser compares each key with each other; a set does not take seconds over a map of many.
    const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false };
    const document = parseDocument<ParsedNode>(text, options);
    const [broken] = document.errors;
    if (broken) throw invalid(`${place(broken.pos[0])}: ${sentenceOf(broken)}`);
    const twin = secondKey(document);
    if (twin) throw invalid(`${place(twin.at)}: the key "${twin.key.slice(0, 80)}" must be unique`);
    return { value: document.toJS({ maxAliasCount: 20 }), locate: locateIn(document, text, lines), place };
  } catch (cause) {
    if (cause instanceof InvalidInput) throw cause;
    // Aliases that multiply, or nesting deeper than the parser's stack.
    throw invalid(`${name} cannot be read: too many aliases or too deep; write the rules out`, cause);
  }
}

/** The parser's own stack is the limit of nesting. */
function sentenceOf({ message }: Error): string {
  return message.startsWith('Maximum call stack') ? 'nested too deep; write the rules out' : message;
}

/** The first key that a map has twice. */
function secondKey(document: Document): { key: string; at: number } | undefined {
  let found: { key: string; at: number } | undefined;
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (keys.has(name)) found ??= { key: name, at: isScalar(key) ? (key.range?.[0] ?? 0) : 0 };
        keys.add(name);
      }
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

/** "rules[2].suppress.expires" */
function spell(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function notValid(mistakes: readonly string[]): InvalidInput {
  const more = mistakes.length > maxMistakes ? [`and ${mistakes.length - maxMistakes} more`] : [];
  return invalid([...mistakes.slice(0, maxMistakes), ...more].join('\n'));
}

function invalid(message: string, cause?: unknown): InvalidInput {
  return new InvalidInput(message, { code: 'policy.invalid', ...(cause === undefined ? {} : { cause }) });
}
