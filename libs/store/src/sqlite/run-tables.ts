// Runs and their tasks in SQLite. Every event writes a column or row of its own, so events may come in any order and
// from several replicas at once.
import type { RunAssessed, RunFinished, RunRequested, RunStarted, TaskFinished } from '@assay/contracts';
import { checkLimit, wrongCursor } from '../finding-query.ts';
import type { LedgerStore, RunNews } from '../ledger-store.ts';
import { changeOf, isLater, phases } from '../run-phase.ts';
import type { Page, ReadStore, StoredRun } from '../store.ts';
import type { Database, Row } from './database.ts';
import { number, text } from './entry-rows.ts';

export class RunTables {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  noteRun: LedgerStore['noteRun'] = async (runId, news, time) => {
    this.#db.transaction(() => {
      this.#db.run(
        `INSERT INTO run (id, created_at, updated_at) VALUES (?1, ?2, ?2)
         ON CONFLICT (id) DO UPDATE SET created_at = min(created_at, ?2), updated_at = max(updated_at, ?2)`,
        runId,
        time,
      );
      if ('report' in news) this.#db.run('UPDATE run SET is_waiting = 1 WHERE id = ? AND phase >= 3', runId);
      else if ('task' in news) this.#putTask(runId, news.task);
      else this.#change(runId, news);
    });
    await this.#db.settled();
  };

  waitingRuns: LedgerStore['waitingRuns'] = async () =>
    this.#db.all('SELECT id FROM run WHERE is_waiting = 1 ORDER BY id').map((row) => text(row, 'id'));

  list: ReadStore['runs']['list'] = async (query): Promise<Page<StoredRun>> => {
    const limit = checkLimit(query);
    const where = ['1'];
    const values: (string | number)[] = [];
    if (query.target) {
      where.push('target = ?');
      values.push(query.target);
    }
    if (query.phase) {
      where.push('phase = ?');
      values.push(phases.indexOf(query.phase as (typeof phases)[number]));
    }
    if (query.after) {
      const [, time = '', id = ''] = /^([^ ]{1,40}) (.{1,300})$/s.exec(query.after) ?? [];
      if (!time) throw wrongCursor();
      where.push('(created_at, id) < (?, ?)');
      values.push(time, id);
    }
    const sql = `SELECT * FROM run WHERE ${where.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT ?`;
    const rows = this.#db.all(sql, ...values, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const items = shown.map((row) => this.#runOf(row));
    return last && rows.length > limit ? { items, next: `${text(last, 'created_at')} ${text(last, 'id')}` } : { items };
  };

  get: ReadStore['runs']['get'] = async (runId) => {
    const row = this.#db.get('SELECT * FROM run WHERE id = ?', runId);
    return row && this.#runOf(row);
  };

  #putTask(runId: string, task: TaskFinished): void {
    this.#db.run(
      'INSERT INTO task (run, task, finished) VALUES (?, ?, ?) ON CONFLICT (run, task) DO UPDATE SET finished = excluded.finished',
      runId,
      task.task,
      JSON.stringify(task),
    );
  }

  #change(runId: string, news: Exclude<RunNews, { task: unknown } | { report: unknown }>): void {
    const { pipeline, target, revision, phase, isWaiting, part } = changeOf(news);
    if ('assessed' in news) {
      const stored = this.#db.get('SELECT assessed FROM run WHERE id = ?', runId);
      if (!isLater(news.assessed, stored && parse<RunAssessed>(stored, 'assessed'))) return;
    }
    this.#db.run(
      `UPDATE run SET pipeline = coalesce(nullif(?2, ''), pipeline), target = coalesce(nullif(?3, ''), target),
         revision = coalesce(nullif(?4, ''), revision), phase = max(phase, ?5), is_waiting = coalesce(?6, is_waiting)
       WHERE id = ?1`,
      runId,
      pipeline,
      target,
      revision,
      phase,
      isWaiting === undefined ? null : Number(isWaiting),
    );
    if (part) this.#db.run(`UPDATE run SET ${part} = ? WHERE id = ?`, JSON.stringify(Object.values(news)[0]), runId);
  }

  #runOf(row: Row): StoredRun {
    const requested = parse<RunRequested>(row, 'requested');
    const started = parse<RunStarted>(row, 'started');
    const finished = parse<RunFinished>(row, 'finished');
    const assessed = parse<RunAssessed>(row, 'assessed');
    const tasks = this.#db.all('SELECT finished FROM task WHERE run = ? ORDER BY task', text(row, 'id'));
    return {
      runId: text(row, 'id'),
      pipeline: text(row, 'pipeline'),
      target: text(row, 'target'),
      revision: text(row, 'revision'),
      phase: phases[number(row, 'phase')] || 'requested',
      ...(requested ? { requested } : {}),
      ...(started ? { started } : {}),
      ...(finished ? { finished } : {}),
      ...(assessed ? { assessed } : {}),
      tasks: tasks.flatMap((task) => parse<TaskFinished>(task, 'finished') ?? []),
      updatedAt: text(row, 'updated_at'),
    };
  }
}

function parse<T>(row: Row, column: string): T | undefined {
  const json = row[column];
  return typeof json === 'string' ? (JSON.parse(json) as T) : undefined;
}
