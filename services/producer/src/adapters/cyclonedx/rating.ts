// How bad a vulnerability is, of the several ratings it may have: the best method that says something.
import { type Cvss, Severity } from '@assay/contracts';
import { severityOfScore } from '../../cvss.ts';
import { entryOf, type JsonObject, listOf, numberOf, objectOf, textOf } from '../../json-values.ts';

/** Best first; what is not listed comes last, in order of the report. */
const methods = ['cvssv4', 'cvssv31', 'cvssv3', 'cvssv2', 'owasp', 'ssvc'];

const severities: Readonly<Record<string, Severity>> = {
  critical: Severity.CRITICAL,
  high: Severity.HIGH,
  medium: Severity.MEDIUM,
  low: Severity.LOW,
  info: Severity.INFO,
  none: Severity.INFO,
};

export function ratingOf(vulnerability: JsonObject): { severity: Severity; cvss: Cvss | undefined } {
  const rank = (rating: JsonObject) => {
    const place = methods.indexOf(textOf(rating['method']).toLowerCase());
    return place < 0 ? methods.length : place;
  };
  const ratings = listOf(vulnerability['ratings'])
    .map(objectOf)
    .sort((a, b) => rank(a) - rank(b));
  const severity = ratings.map(severityOf).find((value) => value !== undefined);
  const cvss = ratings
    .filter((rating) => rank(rating) < 4)
    .map(cvssOf)
    .find((value) => value !== undefined);
  return { severity: severity ?? Severity.UNSPECIFIED, cvss };
}

function severityOf(rating: JsonObject): Severity | undefined {
  const named = entryOf(severities, textOf(rating['severity']).toLowerCase());
  if (named !== undefined) return named;
  const method = textOf(rating['method']).toLowerCase();
  const score = scoreOf(rating);
  if (score === undefined || !method.startsWith('cvss')) return undefined;
  return severityOfScore(score, method === 'cvssv2');
}

function cvssOf(rating: JsonObject): Cvss | undefined {
  const score = scoreOf(rating) ?? 0;
  const vector = textOf(rating['vector']);
  return score > 0 || vector ? { score, vector } : undefined;
}

/** From 0 to 10; in the extension of 1.2 and 1.3 it is one of several. */
function scoreOf(rating: JsonObject): number | undefined {
  const score = numberOf(rating['score']) ?? numberOf(objectOf(rating['score'])['base']);
  return score !== undefined && score >= 0 && score <= 10 ? score : undefined;
}
