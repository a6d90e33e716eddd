// Dracon's own files, binary protobuf: what its producers write (LaunchToolResponse) and what its enrichers write
// (EnrichedLaunchToolResponse, which holds the former once more; those issues are not read twice). So its components can
// feed Assay. A record is an issue; an issue that is an SBOM is filtered, and its components are records.
import { InvalidInput } from '@assay/contracts';
import type protobuf from 'protobufjs';
import type { Adapter, FindingDraft, Parsing, Report } from '../../adapter.ts';
import { readStartBytes } from '../../read-start.ts';
import { parseBom } from '../cyclonedx/parse-bom.ts';
import { enrichedDraft, type IssueContext, issueDraft } from './issue.ts';
import { decodeEnrichedIssue, decodeIssue, type Issue, types } from './messages.ts';
import { isMessage, type Shape, shapeOf } from './shape.ts';
import { type WireFate, wireFields } from './wire.ts';

const sampleBytes = 64 * 1024;

export const dracon: Adapter = {
  name: 'dracon',
  title: 'Dracon protobuf (LaunchToolResponse, EnrichedLaunchToolResponse)',
  recognises: ({ root, bytes }) =>
    root === 'binary' &&
    bytes !== undefined &&
    shapeOf(bytes, { isCut: bytes.length >= sampleBytes, isLenient: false }) !== undefined,
  parse,
};

async function* parse(report: Report, parsing: Parsing): AsyncGenerator<FindingDraft | Iterable<FindingDraft>> {
  const start = await readStartBytes(report, sampleBytes);
  if (start.length === 0)
    throw new InvalidInput('The report is empty; Dracon writes the name of the tool, whatever it found.', {
      code: 'report.empty',
    });
  const shape = shapeOf(start, { isCut: start.length >= sampleBytes, isLenient: true });
  if (!shape)
    throw new InvalidInput(
      'The report is neither of Dracon’s messages, LaunchToolResponse and EnrichedLaunchToolResponse; submit the .pb file as it was written.',
      { code: 'report.format' },
    );
  const tool = await toolOf(report, shape);
  parsing.tool(tool, '');
  const context: IssueContext = { tool, sourceRoot: report.sourceRoot };
  const issues = shape === 'response' ? 3 : 2;
  let index = 0;
  for await (const fields of wireFields(report.open(), ([number]) => (number === issues ? 'take' : 'skip'))) {
    for (const { bytes } of fields) {
      parsing.record();
      yield* draftsOf(bytes, shape, context, parsing, `Dracon issue ${index++}`);
    }
  }
}

/** The tool's name, which stands before the issues as a rule; reading stops at it. */
async function toolOf(report: Report, shape: Shape): Promise<string> {
  const fateOf = ([first, second]: readonly number[]): WireFate => {
    if (shape === 'response') return first === 2 ? 'take' : 'skip';
    if (first !== 1) return 'skip';
    if (second === undefined) return 'enter';
    return second === 2 ? 'take' : 'skip';
  };
  for await (const [field] of wireFields(report.open(), fateOf))
    if (field) return Buffer.from(field.bytes).toString().trim();
  return '';
}

async function* draftsOf(
  bytes: Uint8Array,
  shape: Shape,
  context: IssueContext,
  parsing: Parsing,
  where: string,
): AsyncGenerator<FindingDraft | Iterable<FindingDraft>> {
  const enriched = shape === 'enriched' ? decoded(types.enrichedIssue, decodeEnrichedIssue, bytes, where) : undefined;
  const issue = enriched ? enriched.rawIssue : decoded(types.issue, decodeIssue, bytes, where);
  if (!issue) {
    parsing.filter('an enriched issue without its issue');
    return;
  }
  if (issue.sbom !== '') {
    parsing.filter('an SBOM, whose components are records');
    yield* componentsOf(issue, parsing);
    return;
  }
  yield enriched ? enrichedDraft(enriched, issue, context) : issueDraft(issue, context);
}

// The report is the tool's that Dracon ran, whoever wrote the SBOM.
function componentsOf({ sbom }: Issue, parsing: Parsing): AsyncGenerator<Iterable<FindingDraft>> {
  async function* open() {
    yield Buffer.from(sbom);
  }
  return parseBom(
    { open, sourceRoot: '' },
    {
      record: () => parsing.record(),
      filter: (reason) => parsing.filter(reason),
      merge: (reason) => parsing.merge(reason),
      tool: () => {},
      partial: (note) => parsing.partial(note),
      failed: (note) => parsing.failed(note),
      note: (note) => parsing.note(note),
    },
  );
}

// What decodes somehow may still be something else.
function decoded<T>(type: protobuf.Type, decode: (bytes: Uint8Array) => T, bytes: Uint8Array, where: string): T {
  if (isMessage(type, bytes)) return decode(bytes);
  throw new InvalidInput(`${where} is not one of Dracon’s messages; submit the .pb file as it was written.`, {
    code: 'report.not-protobuf',
  });
}
