// One result (SARIF 2.1.0 §3.27) to one finding draft.
import { Confidence, Kind, type Location } from '@assay/contracts';
import type { FindingDraft } from '../../adapter.ts';
import { entryOf, type JsonObject, listOf, objectOf, positionOf, textOf } from '../../json-values.ts';
import { titleOf } from '../../title-of.ts';
import { isWebAddress } from '../../web-address.ts';
import { fingerprintOf } from './fingerprint.ts';
import { effectiveLevel, kindOf, securitySeverity, severityOf } from './level.ts';
import { messageText } from './message.ts';
import { cweTexts, type Rule } from './rules.ts';
import type { Run } from './run.ts';
import { isAboutSecrets, secretsOf } from './secrets.ts';
import type { ToolTraits } from './tools.ts';
import { cvesIn, cwesIn, isVulnerabilityId } from './weaknesses.ts';

const none: ReadonlySet<string> = new Set();

export function draftOf(result: JsonObject, run: Run, traits: ToolTraits = run.traits): FindingDraft {
  const rule = run.rules.ofResult(result);
  const id = textOf(result['ruleId']) || textOf(objectOf(result['rule'])['id']) || rule?.id || 'unnamed';
  const level = effectiveLevel(result, rule, run.overrides);
  const message = messageText(objectOf(result['message']), rule?.messages, run.globalMessages);
  const bag = objectOf(result['properties']);
  const spot = spotOf(result, run);
  const isSecret = traits.kind === Kind.SECRET || isAboutSecrets(id, rule);
  const draft: FindingDraft = {
    rule: traits.ruleId?.(id, rule?.helpUri ?? '') ?? id,
    ...wordsOf(message, id, rule),
    severity: severityOf(result, rule, level),
    confidence: confidenceOf(bag, rule),
    kind: findingKind(id, isSecret, traits),
    cves: cvesIn([id, ...(rule?.cves ?? [])]),
    cwes: cwesIn([...cweTexts(bag), ...taxa(result, run)], rule?.cwes),
    references: [rule?.helpUri ?? '', textOf(result['hostedViewerUri'])].filter(isWebAddress),
    properties: propertiesOf(result, level, rule, spot),
    content: spot.content || (spot.logical ? `${spot.logical}\n${message}` : message),
  };
  if (spot.location) draft.location = spot.location;
  const fingerprint = fingerprintOf(result, traits.notFingerprints ?? none);
  if (fingerprint !== undefined) draft.fingerprint = fingerprint;
  const suppression = suppressionOf(result);
  if (suppression) draft.suppression = suppression;
  if (isSecret) draft.secrets = secretsOf(message, spot.content);
  return draft;
}

/** The first location; a result with several is to be corrected at all of them together (§3.27.12). */
function spotOf(result: JsonObject, run: Run): { location?: Location; content: string; logical: string } {
  const first = objectOf(listOf(result['locations'])[0]);
  const physical = objectOf(first['physicalLocation']);
  const region = objectOf(physical['region']);
  const logical = objectOf(listOf(first['logicalLocations'])[0]);
  const path = run.places.path(objectOf(physical['artifactLocation']));
  const snippet = textOf(objectOf(region['snippet'])['text']);
  const content = snippet || textOf(objectOf(objectOf(physical['contextRegion'])['snippet'])['text']);
  const name = textOf(logical['fullyQualifiedName']) || textOf(logical['name']);
  if (!path) return { content, logical: name };
  const startLine = positionOf(region['startLine']);
  const location: Location = {
    path,
    startLine,
    // §3.30.7: the region ends on the line it begins on unless it says otherwise.
    endLine: startLine === 0 ? 0 : positionOf(region['endLine']) || startLine,
    startColumn: positionOf(region['startColumn']),
    endColumn: positionOf(region['endColumn']),
    snippet,
  };
  return { location, content, logical: name };
}

function wordsOf(message: string, id: string, rule: Rule | undefined): { title: string; description: string } {
  const whole = message.trim() || rule?.summary || rule?.name || id;
  const title = titleOf(whole);
  const more = rule?.description || rule?.summary || '';
  const parts = [title === whole ? '' : whole, more === whole ? '' : more];
  return { title, description: parts.filter(Boolean).join('\n\n') };
}

function findingKind(id: string, isSecret: boolean, traits: ToolTraits): Kind {
  if (traits.kind === Kind.MISCONFIGURATION) return /secret/i.test(id) ? Kind.SECRET : traits.kind;
  if (isSecret) return Kind.SECRET;
  return traits.kind ?? (isVulnerabilityId(id) ? Kind.VULNERABILITY : Kind.WEAKNESS);
}

const confidences: Readonly<Record<string, Confidence>> = {
  'very-high': Confidence.HIGH,
  high: Confidence.HIGH,
  medium: Confidence.MEDIUM,
  low: Confidence.LOW,
};

/** The result's own word (bandit: issue_confidence), else the precision of its rule. */
function confidenceOf(bag: JsonObject, rule: Rule | undefined): Confidence {
  const own = textOf(bag['issue_confidence']) || textOf(bag['confidence']) || textOf(bag['precision']);
  return entryOf(confidences, (own || rule?.precision || '').toLowerCase()) ?? Confidence.UNSPECIFIED;
}

function taxa(result: JsonObject, run: Run): string[] {
  return listOf(result['taxa'])
    .map(objectOf)
    .filter((reference) => run.isCwe(reference))
    .map((reference) => `CWE-${textOf(reference['id']).replace(/^CWE-/i, '')}`);
}

function propertiesOf(
  result: JsonObject,
  level: string,
  rule: Rule | undefined,
  spot: { logical: string },
): Record<string, string> {
  const kind = kindOf(result);
  const locations = listOf(result['locations']).length;
  const commit = textOf(entryOf(objectOf(result['partialFingerprints']), 'commitSha'));
  const score = securitySeverity(result, rule);
  const kept: Record<string, string> = {};
  const keep = (name: string, value: string) => {
    if (value) kept[name] = value;
  };
  keep('level', level);
  keep('kind', kind === 'fail' ? '' : kind);
  keep('baselineState', textOf(result['baselineState']));
  keep('securitySeverity', score === undefined ? '' : String(score));
  keep('locations', locations > 1 ? String(locations) : '');
  keep('logicalLocation', spot.logical);
  keep('commit', commit);
  return kept;
}

const suppressionKinds: Readonly<Record<string, string>> = { inSource: 'in-source', external: 'external' };

/** §3.27.23: suppressed when there are suppressions and none of them is under review or rejected. */
function suppressionOf(result: JsonObject): { kind: string; justification: string } | undefined {
  const suppressions = listOf(result['suppressions']).map(objectOf);
  const [first] = suppressions;
  if (!first || !suppressions.every((suppression) => (textOf(suppression['status']) || 'accepted') === 'accepted'))
    return undefined;
  const justification = suppressions.map((suppression) => textOf(suppression['justification'])).find(Boolean) ?? '';
  return {
    kind: entryOf(suppressionKinds, textOf(first['kind'])) ?? 'external',
    justification: justification,
  };
}
