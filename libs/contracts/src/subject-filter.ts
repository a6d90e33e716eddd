// Subject filters of strangers: legal for NATS, within our subjects, and such that an event can match.
import { InvalidInput } from './errors.ts';
import { topics } from './topics.ts';

/**
 * A filter like "assay.finding.changed.opened.>"; throws InvalidInput "subject.filter", naming `where`. One that no event
 * can ever match is refused too: whoever follows it would wait for ever without a word.
 */
export function parseSubjectFilter(value: unknown, where: string): string {
  const tokens = typeof value === 'string' ? value.split('.') : [];
  const isLegal =
    typeof value === 'string' &&
    value.length <= 512 &&
    tokens.every((part, index) => /^([a-z0-9_-]+|\*)$/.test(part) || (part === '>' && index === tokens.length - 1));
  if (!isLegal || tokens[0] !== 'assay' || tokens.length < 2)
    throw invalid(
      `${where} must be a filter of lower-case tokens that begins "assay.", with "*" for one token and ">" at the end for the rest, e.g. "assay.finding.changed.opened.>"`,
    );
  const candidates = shapes.filter(([, noun]) => ['*', '>', noun].includes(tokens[1]));
  if (candidates.length === 0)
    throw invalid(`${where} must name one of ${nouns.join(', ')} behind "assay.", not "${tokens[1]}"`);
  if (!candidates.some((shape) => canMatch(tokens, shape)))
    throw invalid(
      `${where} "${value}" can match no event; there are ${candidates.map((shape) => shape.join('.')).join(', ')}`,
    );
  return value;
}

const shapes: readonly string[][] = [
  ...topics.map((topic) => ['assay', topic.noun, topic.verb, ...topic.keys.map(() => '*')]),
  ['assay', 'dead', '*', '*', '*'],
];
const nouns = [...new Set(shapes.map(([, noun]) => noun))];

function canMatch(filter: readonly string[], shape: readonly string[]): boolean {
  const isOpen = filter.at(-1) === '>';
  if (isOpen ? filter.length > shape.length : filter.length !== shape.length) return false;
  return filter.every((part, index) => part === '>' || part === '*' || shape[index] === '*' || part === shape[index]);
}

function invalid(message: string): InvalidInput {
  return new InvalidInput(message, { code: 'subject.filter' });
}
