// How bad a vulnerability is: the tool's word, else the best of its CVSS ratings. Vectors older than CVSS 4 are given in
// parts.
import { type Cvss, Severity } from '@assay/contracts';
import { severityOfScore } from '../../cvss.ts';
import { entryOf, type JsonObject, numberOf, objectOf, textOf } from '../../json-values.ts';

const severities: Readonly<Record<string, Severity>> = {
  critical: Severity.CRITICAL,
  high: Severity.HIGH,
  medium: Severity.MEDIUM,
  moderate: Severity.MEDIUM,
  low: Severity.LOW,
  info: Severity.INFO,
  informational: Severity.INFO,
  none: Severity.INFO,
};

/** Metric by member; the first letter of a value is the value. Several members: the name changed. */
const vector3: readonly (readonly [string, readonly string[]])[] = [
  ['AV', ['attackVector']],
  ['AC', ['attackComplexity']],
  ['PR', ['privilegesRequired']],
  ['UI', ['userInteraction']],
  ['S', ['scope']],
  ['C', ['confidentialityImpact']],
  ['I', ['integrityImpact']],
  ['A', ['availabilityImpact']],
];
const vector2: typeof vector3 = [
  ['AV', ['accessVector']],
  ['AC', ['accessComplexity']],
  // As the tool spells it.
  ['Au', ['authenticationr', 'authenticationr>']],
  ['C', ['confidentialityImpact', 'confidentialImpact']],
  ['I', ['integrityImpact']],
  ['A', ['availabilityImpact']],
];

export function ratingOf(vulnerability: JsonObject): { severity: Severity; cvss: Cvss | undefined } {
  const [four, three, two] = ['cvssv4', 'cvssv3', 'cvssv2'].map((name) => objectOf(vulnerability[name])) as [
    JsonObject,
    JsonObject,
    JsonObject,
  ];
  const scores = [
    cvssOf(four['baseScore'], textOf(four['vectorString'])),
    cvssOf(three['baseScore'], partsOf(three, `CVSS:${textOf(three['version'])}/`, vector3)),
    // Up to version 4 the score stands beside.
    cvssOf(two['score'] ?? vulnerability['cvssScore'], partsOf(two, '', vector2)),
  ];
  const words = [
    vulnerability['severity'],
    four['baseSeverity'],
    three['baseSeverity'],
    three['baseSeverity>'],
    two['severity'],
  ];
  const best = scores.findIndex((score) => score !== undefined);
  const cvss = scores[best];
  const said = words.map(severityOf).find((severity) => severity !== undefined);
  return { severity: said ?? (cvss ? severityOfScore(cvss.score, best === 2) : Severity.UNSPECIFIED), cvss };
}

/** A word, or the score that stands in its place; undefined for "Unknown" and what nobody knows. */
function severityOf(value: unknown): Severity | undefined {
  const score = numberOf(value);
  if (score !== undefined) return score > 0 ? severityOfScore(score) : undefined;
  return entryOf(severities, textOf(value).trim().toLowerCase());
}

function cvssOf(value: unknown, vector: string): Cvss | undefined {
  const score = numberOf(value);
  return score !== undefined && score >= 0 && score <= 10 ? { score, vector } : undefined;
}

/** "" when a part is missing: half a vector is none. */
function partsOf(rating: JsonObject, prefix: string, metrics: typeof vector3): string {
  if (prefix !== '' && !/^CVSS:3\.[01]\/$/.test(prefix)) return '';
  const parts: string[] = [];
  for (const [metric, members] of metrics) {
    const value = members.map((member) => textOf(rating[member]).trim()).find(Boolean);
    if (!value || !/^[A-Z]/.test(value)) return '';
    parts.push(`${metric}:${value.charAt(0)}`);
  }
  return prefix + parts.join('/');
}
