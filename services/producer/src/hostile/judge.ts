// What must hold of every report, however hostile: it is read to its end and its counts add up, or it is refused with
// InvalidInput "report.*"; what leaves is bounded, valid, and without secrets; nothing else is changed by it.
import { batchType, findingType, InvalidInput, maxBatchBytes, maxBatchFindings } from '@assay/contracts';
import type { Adapter } from '../adapter.ts';
import { FindingBatcher } from '../batch.ts';
import { type IdentifiedFinding, readFindings } from '../read-findings.ts';
import { Redactor } from '../redact.ts';
import { Tally } from '../tally.ts';
import { planted } from './planted.ts';

export interface Verdict {
  /** The code of the refusal; "" for a report that was read to its end. */
  readonly code: string;
  readonly findings: number;
  readonly completeness: number;
}

export interface JudgeOptions {
  /** Bytes of a chunk; default: the whole report in one. */
  chunkBytes?: number;
  sourceRoot?: string;
}

/** Most bytes of one finding on the wire: a batch is never larger than the bus takes in one piece. */
const maxFindingBytes = 400 * 1024;
/** An adapter reads its report a few times, never once a record. */
const maxPasses = 8;
const maxMessage = 1000;

/** Throws an Error that says which rule was broken. */
export async function judge(
  adapter: Adapter,
  bytes: Uint8Array,
  { chunkBytes = Number.POSITIVE_INFINITY, sourceRoot = '' }: JudgeOptions = {},
): Promise<Verdict> {
  const before = prototypes();
  let passes = 0;
  async function* open() {
    if (++passes > maxPasses) throw new Error(`the report was opened more than ${maxPasses} times`);
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, Math.min(bytes.length, start + chunkBytes));
  }
  const redactor = new Redactor('key');
  const tally = new Tally(redactor, sourceRoot);
  const target = { name: 'target', kind: '', labels: {} };
  const batches = new FindingBatcher({ reportId: '', runId: '', target, revision: '', scope: '', steps: [] });
  let code = '';
  try {
    const report = { open, sourceRoot };
    const tool = { name: '', version: '' };
    for await (const some of readFindings({ adapter, report, target: 'target', redactor, tally, tool }))
      for (const finding of some) {
        checkTypes(finding);
        const full = batches.add(finding);
        if (full) checkBatch(full);
      }
    tally.check(adapter.name);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    code = error.code;
    if (!/^report\.[a-z-]+$/.test(code)) throw new Error(`refused with the code ${code}`);
    checkText('the refusal', error.message, maxMessage);
  }
  for (const last of batches.rest()) checkBatch(last);
  for (const note of tally.notes) checkText('a note', note, maxMessage);
  for (const reason of [...Object.keys(tally.merged), ...Object.keys(tally.filtered)])
    checkText('a reason', reason, maxMessage);
  checkText('the tool', `${tally.toolName} ${tally.toolVersion}`, maxMessage);
  if (prototypes() !== before) throw new Error('a prototype was changed');
  return { code, findings: tally.findings, completeness: tally.completeness };
}

/** What protobuf would take and make something else of. */
function checkTypes({ finding, severity, identity }: IdentifiedFinding): void {
  const { location, properties, suppression, references, cves, cwes, cvss } = finding;
  for (const [what, number, max] of [
    ['severity', severity, 5],
    ['severity', finding.severity ?? 0, 5],
    ['confidence', finding.confidence ?? 0, 3],
    ['kind', finding.kind ?? 0, 6],
    ['startLine', location?.startLine ?? 0, 0xffff_ffff],
    ['endLine', location?.endLine ?? 0, 0xffff_ffff],
    ['startColumn', location?.startColumn ?? 0, 0xffff_ffff],
    ['endColumn', location?.endColumn ?? 0, 0xffff_ffff],
    ...(cwes ?? []).map((cwe) => ['cwe', cwe, 0xffff_ffff] as const),
  ] as const)
    if (!Number.isInteger(number) || number < 0 || number > max) throw new Error(`${what} is ${number}`);
  if (cvss && !(Number(cvss.score) >= 0 && Number(cvss.score) <= 10)) throw new Error(`a score of ${cvss.score}`);
  const texts: unknown[] = [finding.rule, finding.title, finding.description ?? '', finding.purl ?? '', identity];
  texts.push(finding.digest ?? '', location?.path ?? '', location?.snippet ?? '', cvss?.vector ?? '');
  texts.push(suppression?.kind ?? '', suppression?.justification ?? '', ...(references ?? []), ...(cves ?? []));
  texts.push(...Object.values(properties ?? {}));
  if (texts.some((text) => typeof text !== 'string')) throw new Error(`no text: ${JSON.stringify(finding)}`);
  if (finding.rule === '' || identity.length !== 16) throw new Error('a finding without a rule or an identity');
}

function checkBatch(batch: Parameters<typeof batchType.encode>[0]): void {
  const bytes = Buffer.from(batchType.encode(batch));
  const read = batchType.decode(bytes);
  const count = read.findings.length;
  if (count === 0 || count > maxBatchFindings) throw new Error(`a batch of ${count} findings`);
  if (read.identities.length !== count * 16 || read.severities.length !== count)
    throw new Error('identities are missing');
  if (count > 1 && bytes.length > maxBatchBytes) throw new Error(`a batch of ${bytes.length} bytes`);
  for (const finding of read.findings) {
    if (finding.length > maxFindingBytes) throw new Error(`a finding of ${finding.length} bytes`);
    findingType.decode(finding);
  }
  checkText('the tool', `${read.tool?.name} ${read.tool?.version}`, maxMessage);
  if (planted.some((secret) => bytes.includes(secret)))
    throw new Error(
      `a secret is in ${JSON.stringify(read.findings.map((one) => findingType.decode(one)).find((one) => planted.some((secret) => JSON.stringify(one).includes(secret))))}`,
    );
}

function checkText(what: string, text: string, max: number): void {
  if (text.length > max) throw new Error(`${what} has ${text.length} characters`);
  if (planted.some((secret) => text.includes(secret))) throw new Error(`a secret is in ${what}: ${text}`);
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text))
    throw new Error(`control characters in ${what}: ${JSON.stringify(text)}`);
}

function prototypes(): string {
  return [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype]
    .map((prototype) => Reflect.ownKeys(prototype).length)
    .join();
}
