// Findings in DefectDojo: a product a target, a test a tool, opened and closed by importing what changed.
import { InvalidInput, Transient } from '@assay/contracts';
import { z } from 'zod';
import { type Answer, type Door, openDoor } from '../../http/door.ts';
import { reachSettings, urlSetting } from '../../http/settings.ts';
import { defineSink } from '../../sink.ts';
import { heldBack } from '../held-back.ts';
import { type Reimport, reimportsOf } from './reimports.ts';

const scanType = 'Generic Findings Import';
/** Of an answer so much is read. Statistics and words. */
const maxAnswerBytes = 1024 * 1024;
/** Most characters of a test's version. */
const maxVersion = 100;

const name = z.string().trim().min(1).max(255);

const config = z.strictObject({
  url: urlSetting.describe('Of the server, without /api/v2'),
  productType: name.default('Assay').describe('Where products are made'),
  engagement: name.default('Assay').describe('Of each product'),
  tags: z
    .array(z.string().regex(/^[A-Za-z0-9_.:-]{1,100}$/))
    .max(20)
    .default(['assay'])
    .describe('Of each test'),
  ...reachSettings,
  // An import answers when it is done.
  timeoutMs: reachSettings.timeoutMs.unwrap().default(60_000).describe('Longest wait for an import. Milliseconds'),
});

type Settings = z.output<typeof config>;

export const defectdojo = defineSink({
  type: 'defectdojo',
  summary: 'Findings in DefectDojo: a product a target, a test a tool; fixed ones are closed.',
  config,
  credentials: ['token'],
  batchSize: 200,
  open: async (settings, secrets, context) => {
    if (!context.hasFindings) throw invalid('a defectdojo sink takes findings only: use a subject "assay.finding.…"');
    if (!secrets.token) throw invalid('a defectdojo sink needs credentials.token: an API v2 key');
    const { url } = settings;
    const door = await openDoor({ type: 'defectdojo', url, reach: settings, secrets, context, maxAnswerBytes });
    const authorization = `Token ${secrets.token}`;
    try {
      await checkToken(door, authorization, AbortSignal.timeout(settings.timeoutMs * 2));
    } catch (error) {
      await door.close();
      throw error;
    }
    const send = async (reimport: Reimport, signal: AbortSignal): Promise<void> => {
      const answer = await post(door, authorization, formOf(reimport, settings), signal);
      const { findings } = reimport;
      if (answer.status !== 413 || findings.length === 1) return judge(door, answer);
      // A gateway in between does not take so much at once.
      const half = Math.ceil(findings.length / 2);
      await send({ ...reimport, findings: findings.slice(0, half) }, signal);
      await send({ ...reimport, findings: findings.slice(half) }, signal);
    };
    return {
      // One after the other: two first imports at once would make two tests.
      deliver: async (items, { signal }) => {
        for (const reimport of reimportsOf(items)) await send(reimport, signal);
      },
      close: () => door.close(),
    };
  },
});

async function checkToken(door: Door, authorization: string, signal: AbortSignal): Promise<void> {
  const headers = { authorization, accept: 'application/json' };
  const answer = await door.send({ method: 'GET', path: '/api/v2/user_profile/', headers, signal });
  judge(door, answer);
}

async function post(door: Door, authorization: string, form: FormData, signal: AbortSignal): Promise<Answer> {
  // Encoded here, where the platform's own FormData is known.
  const encoded = new Response(form);
  return door.send({
    method: 'POST',
    path: '/api/v2/reimport-scan/',
    headers: {
      authorization,
      accept: 'application/json',
      'content-type': encoded.headers.get('content-type') ?? '',
    },
    body: await encoded.bytes(),
    signal,
  });
}

// What is not in the file has not changed: it says nothing of findings that it leaves out, so none is closed for that.
// A fixed one is in the file as mitigated, which closes it.
function formOf({ target, tool, revision, reactivates, findings }: Reimport, settings: Settings): FormData {
  const form = new FormData();
  form.set('scan_type', scanType);
  form.set('product_type_name', settings.productType);
  form.set('product_name', target);
  form.set('engagement_name', settings.engagement);
  form.set('test_title', tool);
  form.set('auto_create_context', 'true');
  form.set('close_old_findings', 'false');
  form.set('do_not_reactivate', reactivates ? 'false' : 'true');
  form.set('minimum_severity', 'Info');
  if (revision) form.set('version', revision.slice(0, maxVersion));
  for (const tag of settings.tags) form.append('tags', tag);
  const file = new Blob([JSON.stringify({ findings })], { type: 'application/json' });
  form.set('file', file, 'assay.json');
  return form;
}

/** Throws unless DefectDojo itself says that it is done; a page of whoever is in between is no such answer. */
function judge(door: Door, answer: Answer): void {
  if (answer.status < 200 || answer.status >= 300) throw heldBack(answer, door.errorOf(answer, answer.text));
  if (/^\s*\{/.test(answer.text)) return;
  throw new Transient(
    `the receiver answered ${answer.status}, but not as DefectDojo does: look what is at config.url`,
    {
      code: 'sink.defectdojo',
    },
  );
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.config' });
}
