// Documents in Elasticsearch or OpenSearch: the latest state of each finding, or every change.
import { InvalidInput, maxBatchFindings } from '@assay/contracts';
import { z } from 'zod';
import { type Door, openDoor } from '../../http/door.ts';
import { reachSettings, urlSetting } from '../../http/settings.ts';
import { defineSink, type Log, type Secrets } from '../../sink.ts';
import { heldBack } from '../held-back.ts';
import { indexTemplate } from './index-template.ts';
import { latestOperations, logOperations } from './operations.ts';
import { BulkWriter, reasonOf } from './write-bulk.ts';

/** Of an answer so much is read: a line for each of 10000 documents. */
const maxAnswerBytes = 16 * 1024 * 1024;

const config = z.strictObject({
  url: urlSetting.describe('Of the server, without an index'),
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,199}$/)
    .default('assay-findings'),
  mode: z.enum(['latest', 'log']).default('latest').describe('One document a finding, or one a change'),
  dataStream: z.boolean().default(false).describe('The index is a data stream; for mode log'),
  manageTemplate: z.boolean().default(true).describe('Make the index template, where there is none of that name'),
  ...reachSettings,
});

export const elasticsearch = defineSink({
  type: 'elasticsearch',
  summary: 'Documents in Elasticsearch or OpenSearch: the latest state of each finding, or every change.',
  config,
  credentials: ['apiKey', 'username', 'password'],
  // A whole event: it is cut where it is larger.
  batchSize: maxBatchFindings,
  open: async ({ url, index, mode, dataStream, manageTemplate, ...reach }, secrets, context) => {
    if (mode === 'latest' && !context.hasFindings)
      throw invalid('mode latest is for findings: use a subject "assay.finding.…", or mode log');
    if (mode === 'latest' && dataStream)
      throw invalid('a data stream cannot replace a document: use mode log with dataStream');
    const headers = authorizationOf(secrets);
    const operations = mode === 'latest' ? latestOperations : logOperations;
    // A user name and a password go over the wire in another form.
    const own = { ...secrets, encoded: headers.authorization?.split(' ')[1] ?? '' };
    const door = await openDoor({ type: 'elasticsearch', url, reach, secrets: own, context, maxAnswerBytes });
    try {
      if (manageTemplate) await ensureTemplate(door, index, dataStream, headers, reach.timeoutMs, context.log);
    } catch (error) {
      await door.close();
      throw error;
    }
    const bulk = new BulkWriter(door, index, headers);
    return {
      deliver: (items, { signal }) => bulk.write(operations(bulk.missing(items)), signal),
      close: () => door.close(),
    };
  },
});

function authorizationOf({ apiKey, username, password }: Secrets): Record<string, string> {
  if (apiKey !== undefined) {
    if (username !== undefined || password !== undefined)
      throw invalid('give credentials.apiKey, or credentials.username and credentials.password, not both');
    return { authorization: `ApiKey ${apiKey}` };
  }
  if (username === undefined && password === undefined) return {};
  if (!username || !password) throw invalid('credentials.username and credentials.password belong together');
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** An index template that is there already is somebody's own, and stays. Who may not make one writes all the same. */
async function ensureTemplate(
  door: Door,
  index: string,
  isDataStream: boolean,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  log: Log,
): Promise<void> {
  const path = `/_index_template/${index}`;
  const signal = AbortSignal.timeout(timeoutMs * 2);
  const found = await door.send({ method: 'GET', path: `${path}?filter_path=index_templates.name`, headers, signal });
  if (found.status >= 200 && found.status < 300) return;
  const made =
    found.status === 404
      ? await door.send({
          method: 'PUT',
          path,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(indexTemplate(index, isDataStream)),
          signal,
        })
      : found;
  if (made.status >= 200 && made.status < 300) return;
  if (made.status !== 403) throw heldBack(made, door.errorOf(made, reasonOf(made)));
  log.warn({ index }, 'credentials may not make the index template; the index gets what mapping the server makes up');
}

function invalid(sentence: string): InvalidInput {
  return new InvalidInput(sentence, { code: 'sink.config' });
}
