// Runs and their tasks in MongoDB. Messages are kept as JSON text: their maps have keys that field names may not have.
import type { RunAssessed, RunFinished, RunRequested, RunStarted, TaskFinished } from '@assay/contracts';
import { checkLimit } from '../finding-query.ts';
import type { LedgerStore, RunNews } from '../ledger-store.ts';
import { changeOf, isLater, phases } from '../run-phase.ts';
import type { Page, ReadStore, StoredRun } from '../store.ts';
import type { Connection, Doc } from './connect.ts';
import { newestFirst } from './newest-first.ts';

export class RunCollections {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  noteRun: LedgerStore['noteRun'] = async (runId, news, time) => {
    if ('task' in news) {
      const { task } = news;
      await this.#connection.update('task', `${runId}/${task.task}`, () => ({
        run: runId,
        finished: JSON.stringify(task),
      }));
    }
    await this.#connection.update('run', runId, (doc) => {
      const fields = fieldsOf(doc, time);
      if ('task' in news) return fields;
      if ('report' in news) return { ...fields, isWaiting: fields.isWaiting || fields.phase >= 3 };
      return { ...fields, ...told(fields, news, doc && parse<RunAssessed>(doc, 'assessed')) };
    });
  };

  waitingRuns: LedgerStore['waitingRuns'] = async () => {
    const docs = await this.#connection.attempt(() =>
      this.#connection
        .collection('run')
        .find({ isWaiting: true }, { projection: { _id: 1 }, sort: { _id: 1 } })
        .toArray(),
    );
    return docs.map(({ _id }) => _id);
  };

  list: ReadStore['runs']['list'] = async (query): Promise<Page<StoredRun>> => {
    const filter = {
      ...(query.target ? { target: query.target } : {}),
      ...(query.phase ? { phase: phases.indexOf(query.phase as (typeof phases)[number]) } : {}),
    };
    const { docs, next } = await newestFirst(this.#connection, 'run', filter, {
      by: 'createdAt',
      after: query.after,
      limit: checkLimit(query),
    });
    const items = await Promise.all(docs.map((doc) => this.#runOf(doc)));
    return next === undefined ? { items } : { items, next };
  };

  get: ReadStore['runs']['get'] = async (runId) => {
    const doc = await this.#connection.get('run', runId);
    return doc && this.#runOf(doc);
  };

  async #runOf(doc: Doc): Promise<StoredRun> {
    const requested = parse<RunRequested>(doc, 'requested');
    const started = parse<RunStarted>(doc, 'started');
    const finished = parse<RunFinished>(doc, 'finished');
    const assessed = parse<RunAssessed>(doc, 'assessed');
    const tasks = await this.#connection.attempt(() =>
      this.#connection
        .collection('task')
        .find({ run: doc._id }, { sort: { _id: 1 } })
        .toArray(),
    );
    return {
      runId: doc._id,
      pipeline: doc['pipeline'],
      target: doc['target'],
      revision: doc['revision'],
      phase: phases[doc['phase'] as number] || 'requested',
      ...(requested ? { requested } : {}),
      ...(started ? { started } : {}),
      ...(finished ? { finished } : {}),
      ...(assessed ? { assessed } : {}),
      tasks: tasks.flatMap((task) => parse<TaskFinished>(task, 'finished') ?? []),
      updatedAt: doc['updatedAt'],
    };
  }
}

interface RunFields {
  pipeline: string;
  target: string;
  revision: string;
  phase: number;
  isWaiting: boolean;
  createdAt: string;
  updatedAt: string;
}

function fieldsOf(doc: Doc | undefined, time: string): RunFields {
  const [createdAt = time] = [doc?.['createdAt'] ?? time, time].sort();
  const [updatedAt = time] = [doc?.['updatedAt'] ?? time, time].sort().reverse();
  return {
    pipeline: doc?.['pipeline'] ?? '',
    target: doc?.['target'] ?? '',
    revision: doc?.['revision'] ?? '',
    phase: doc?.['phase'] ?? 0,
    isWaiting: doc?.['isWaiting'] ?? false,
    createdAt,
    updatedAt,
  };
}

function told(
  run: RunFields,
  news: Exclude<RunNews, { task: unknown } | { report: unknown }>,
  assessed: RunAssessed | undefined,
): Partial<RunFields> {
  const { pipeline, target, revision, phase, isWaiting, part } = changeOf(news);
  if ('assessed' in news && !isLater(news.assessed, assessed)) return {};
  return {
    pipeline: pipeline || run.pipeline,
    target: target || run.target,
    revision: revision || run.revision,
    phase: Math.max(phase, run.phase),
    isWaiting: isWaiting ?? run.isWaiting,
    ...(part ? { [part]: JSON.stringify(Object.values(news)[0]) } : {}),
  };
}

function parse<T>(doc: Doc, field: string): T | undefined {
  const json: unknown = doc[field];
  return typeof json === 'string' ? (JSON.parse(json) as T) : undefined;
}
