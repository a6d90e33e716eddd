// The producer's work: a raw report comes in, batches of findings go out while it is read, and at last the tally.
import {
  type BlobRef,
  Completeness,
  type Event,
  emit,
  emitTotal,
  findingReported,
  InvalidInput,
  type Outgoing,
  type ReportSubmitted,
  reportParsed,
} from '@assay/contracts';
import type { Context } from '@assay/runtime';
import type { Adapter, Report } from './adapter.ts';
import { adapters } from './adapters/by-name.ts';
import { FindingBatcher } from './batch.ts';
import { readFindings } from './read-findings.ts';
import type { Redactor } from './redact.ts';
import { recognise, unknownFormat } from './sniff.ts';
import { Tally } from './tally.ts';

export interface ProducerConfig {
  maxReportBytes: number;
}

export interface ProducerResources {
  redactor: Redactor;
}

type ProducerContext = Context<ProducerConfig, ProducerResources>;

/**
 * A report that cannot be read to its end is FAILED, with the reason among its notes, so that its run ends and nothing
 * is closed on it; the event itself is dead-lettered then, by the error that is thrown last.
 */
export async function* parseReport(event: Event<ReportSubmitted>, context: ProducerContext): AsyncIterable<Outgoing> {
  const { data } = event;
  const target = data.target;
  if (!target || target.name.trim() === '') {
    throw new InvalidInput(
      'The report names no target; set target.name to what was scanned, e.g. "github.com/acme/shop".',
      {
        code: 'report.no-target',
      },
    );
  }
  const { redactor } = context.resources;
  const reportId = data.reportId || event.id;
  const runId = data.runId || reportId;
  const tally = new Tally(redactor, data.sourceRoot);
  const head = { reportId, runId, target, revision: data.revision, scope: data.scope };
  const batches = new FindingBatcher({ ...head, steps: data.steps });
  if (data.partial) tally.partial(data.partialReason || 'the submitter says that the scan did not cover everything');

  let format = (data.format || event.subject.split('.').at(-1) || '').toLowerCase();
  let evidence: Promise<BlobRef> | undefined;
  let failure: InvalidInput | undefined;
  try {
    const content = contentOf(data, context);
    evidence = evidenceOf(data, content, context);
    // Awaited at the end, whatever becomes of the report; findings do not wait for its three syncs.
    evidence.catch(() => {});
    const report = reportOf(data, content, context);
    const adapter = await adapterOf(format, report);
    format = adapter.name;
    const tool = { name: data.tool?.name ?? '', version: data.tool?.version ?? '' };
    for await (const some of readFindings({ adapter, report, target: target.name, redactor, tally, tool })) {
      for (const finding of some) {
        const full = batches.add(finding);
        if (full) yield emitTotal(findingReported, full);
      }
    }
    tally.check(format);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    failure = error;
    tally.failed(error.message);
    for (let left = tally.unaccounted; left > 0; left--) tally.filter('unreadable record');
  }
  for (const last of batches.rest()) yield emitTotal(findingReported, last);
  const blob = await evidence;

  yield emit(reportParsed, {
    ...head,
    standalone: data.runId === '',
    task: data.task,
    format,
    tool: {
      name: tally.toolName || data.tool?.name.toLowerCase() || format,
      version: tally.toolVersion || data.tool?.version || '',
    },
    raw: tally.raw,
    findings: tally.findings,
    batches: batches.count,
    merged: tally.merged,
    filtered: tally.filtered,
    severities: tally.severities,
    completeness: tally.completeness,
    notes: tally.notes,
    blob,
    parsedAt: context.now().toISOString(),
    errorCode: failure?.code ?? '',
    steps: data.steps.map(({ name }) => name),
  });
  const facts = { report: reportId, run: runId, format, raw: tally.raw, findings: tally.findings };
  if (failure) throw failure;
  context.log.info({ ...facts, isComplete: tally.completeness === Completeness.COMPLETE }, 'report parsed');
}

async function adapterOf(format: string, report: Report): Promise<Adapter> {
  if (format === 'auto') return recognise(report, adapters.values());
  const adapter = adapters.get(format);
  if (!adapter) throw unknownFormat(`Reports of the format "${format}" are not known`, adapters.values());
  return adapter;
}

/** What the event itself has of the report; undefined when it refers to a blob. Throws InvalidInput "report.*". */
function contentOf(data: ReportSubmitted, { config }: ProducerContext): Uint8Array | undefined {
  const isBlob = data.blob !== undefined && data.blob.digest !== '';
  const content = isBlob ? undefined : inlineOf(data);
  if (!isBlob && content === undefined) {
    throw new InvalidInput('The report has no body; set one of content, text and blob.', { code: 'report.no-body' });
  }
  const size = content?.length ?? data.blob?.size ?? 0;
  if (size > config.maxReportBytes) throw tooLarge(config.maxReportBytes);
  return content;
}

function inlineOf(data: ReportSubmitted): Uint8Array | undefined {
  if (data.content !== undefined && data.content.length > 0) return data.content;
  if (data.text !== undefined) return Buffer.from(data.text);
  return data.content;
}

// The raw report is kept whichever way it came: it is evidence, and it can be parsed again.
async function evidenceOf(
  data: ReportSubmitted,
  content: Uint8Array | undefined,
  { blobs }: ProducerContext,
): Promise<BlobRef> {
  return content ? blobs.put(content, { mediaType: 'application/octet-stream' }) : (data.blob as BlobRef);
}

function reportOf(data: ReportSubmitted, content: Uint8Array | undefined, { blobs, config }: ProducerContext): Report {
  const open = async function* () {
    if (content) {
      yield content;
      return;
    }
    let size = 0;
    for await (const chunk of blobs.get(data.blob?.digest ?? '')) {
      size += chunk.length;
      // The reference's own size is only what the sender says.
      if (size > config.maxReportBytes) throw tooLarge(config.maxReportBytes);
      yield chunk;
    }
  };
  return { open, sourceRoot: data.sourceRoot };
}

function tooLarge(limit: number): InvalidInput {
  return new InvalidInput(
    `The report is larger than ${limit} bytes; submit it in parts or raise ASSAY_PRODUCER_MAX_REPORT_BYTES.`,
    { code: 'report.too-large' },
  );
}
