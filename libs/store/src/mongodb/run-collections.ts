// Runs in MongoDB. Every piece of news is a document of its own, inserted once; a run is what they say together. Its
// summary, by which runs are listed, is made of them again after each: last written is last read, so none is lost.
import { checkLimit } from '../finding-query.ts';
import type { LedgerStore } from '../ledger-store.ts';
import { phases } from '../run-phase.ts';
import type { Page, ReadStore, StoredRun } from '../store.ts';
import type { Connection, Doc } from './connect.ts';
import { newestFirst } from './newest-first.ts';
import { newsDocument, together } from './run-news.ts';

export class RunCollections {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  noteRun: LedgerStore['noteRun'] = async (runId, news, time) => {
    const before = 'assessed' in news ? await this.#newsOf(runId) : [];
    await this.#connection.insert('news', newsDocument(runId, news, time, before));
    for (let known = -1; ; ) {
      const all = await this.#newsOf(runId);
      if (all.length === known) return;
      known = all.length;
      const { run, isWaiting, createdAt } = together(runId, all);
      const { pipeline, target, revision, updatedAt } = run;
      const phase = phases.indexOf(run.phase as (typeof phases)[number]);
      const summary = { pipeline, target, revision, phase, isWaiting, createdAt, updatedAt };
      await this.#connection.update('run', runId, () => summary);
    }
  };

  waitingRuns: LedgerStore['waitingRuns'] = async () => {
    const docs = await this.#connection.attempt(() =>
      this.#connection
        .collection('run')
        .find({ isWaiting: true }, { sort: { _id: 1 } })
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
    const runs = await Promise.all(docs.map(({ _id }) => this.get(_id)));
    const items = runs.flatMap((run) => run ?? []);
    return next === undefined ? { items } : { items, next };
  };

  get: ReadStore['runs']['get'] = async (runId) => {
    const news = await this.#newsOf(runId);
    return news.length > 0 ? together(runId, news).run : undefined;
  };

  #newsOf(runId: string): Promise<Doc[]> {
    return this.#connection.attempt(() =>
      this.#connection
        .collection('news')
        .find({ run: runId }, { sort: { time: 1, _id: 1 } })
        .toArray(),
    );
  }
}
