// Dashboard and alerts against the metrics that a platform at work really has: every query parses, every metric, label
// and outcome in it exists.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { newHome, type PlatformProcess, type TestHome } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Series, seriesIn } from './read-metrics.ts';
import { readQuery } from './read-query.ts';

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  annotations?: Record<string, string>;
}

const folder = import.meta.dirname;
const board = JSON.parse(readFileSync(join(folder, 'dashboards/assay.json'), 'utf8')) as {
  panels: { id: number; title: string; type: string; targets?: { expr: string; legendFormat: string }[] }[];
};
const rules = (
  parse(readFileSync(join(folder, 'alerts/rules.yaml'), 'utf8')) as { spec: { groups: { rules: Rule[] }[] } }
).spec.groups.flatMap((group) => group.rules);
const queries: [string, string][] = [
  ...board.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [`panel "${title}"`, expr]),
  ),
  ...rules.map(({ record, alert, expr }): [string, string] => [record ?? alert ?? '', expr]),
];
/** What Prometheus adds where it scrapes. */
const ofTheTarget = ['namespace', 'pod', 'instance', 'job'];
const recorded = rules.flatMap(({ record }) => record ?? []);

describe('monitoring', () => {
  let home: TestHome;
  let series: Series[];

  beforeAll(async () => {
    home = await newHome();
    series = await metricsOf(await home.start('up'));
  }, 180_000);
  afterAll(() => home.remove());

  it.each(queries)('%s asks for what is there', (_, expr) => {
    const { metrics, matchers, labels } = readQuery(expr);
    expect(metrics.length).toBeGreaterThan(0);
    const own = metrics.filter((name) => !recorded.includes(name));
    const seen = own.map((name) => ({ name, is: series.filter((each) => each.name === name) }));
    expect(seen.filter(({ is }) => is.length === 0).map(({ name }) => name)).toEqual([]);
    const known = new Set([
      ...ofTheTarget,
      ...seen.flatMap(({ is }) => is.flatMap((each) => Object.keys(each.labels))),
    ]);
    // A recorded one has the labels that it was recorded with.
    if (own.length < metrics.length) for (const label of ['service', 'topic', 'sink']) known.add(label);
    expect([...labels, ...matchers.map(({ label }) => label)].filter((label) => !known.has(label))).toEqual([]);
    const strange = matchers.filter(
      ({ metric, label, value }) =>
        !ofTheTarget.includes(label) && !series.some((each) => each.name === metric && each.labels[label] === value),
    );
    expect(strange).toEqual([]);
  });

  it('leaves no metric of ours out of the dashboard', () => {
    const shown = new Set(queries.flatMap(([, expr]) => readQuery(expr).metrics));
    const ours = new Set(series.map(({ name }) => name).filter((name) => /^(assay|process)_/.test(name)));
    // Of a histogram the buckets are enough.
    expect([...ours].filter((name) => !shown.has(name) && !/_(count|sum)$/.test(name))).toEqual([]);
  });

  it('names in legends and sentences only labels that the query leaves', () => {
    const texts: [string, string][] = [
      ...board.panels.flatMap(({ targets = [] }) =>
        targets.map(({ expr, legendFormat }): [string, string] => [expr, legendFormat]),
      ),
      ...rules.flatMap(({ expr, annotations = {} }) =>
        Object.values(annotations).map((text): [string, string] => [expr, text]),
      ),
    ];
    const lost = texts.flatMap(([expr, text]) => {
      const { grouping } = readQuery(expr);
      const named = [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].flatMap(([, name]) => name ?? []);
      return grouping ? named.filter((name) => !grouping.includes(name)).map((name) => `${name}: ${expr}`) : [];
    });
    expect(lost).toEqual([]);
  });

  it('has panels with ids of their own and alerts that say what to do', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    for (const { alert, annotations } of rules)
      if (alert) expect(Object.keys(annotations ?? {})).toEqual(['summary', 'description']);
  });

  it('says in docs/monitoring.md what each alert means', () => {
    const docs = readFileSync(join(folder, '../../docs/monitoring.md'), 'utf8');
    expect(rules.flatMap(({ alert }) => alert ?? []).filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists in its kustomizations files that are there', () => {
    for (const component of ['alerts', 'dashboards', 'service-monitor', 'pod-monitor']) {
      const { resources = [], configMapGenerator = [] } = parse(
        readFileSync(join(folder, component, 'kustomization.yaml'), 'utf8'),
      ) as { resources?: string[]; configMapGenerator?: { files: string[] }[] };
      const listed = [...resources, ...configMapGenerator.flatMap(({ files }) => files)];
      expect(readdirSync(join(folder, component)).sort()).toEqual([...listed, 'kustomization.yaml'].sort());
    }
  });
});

/** What is counted only once it happened. */
const happenings: readonly Pick<Series, 'name' | 'labels'>[] = [
  { name: 'assay_events_handled_total', labels: { service: 'producer', outcome: 'done' } },
  { name: 'assay_events_handled_total', labels: { service: 'producer', outcome: 'dead' } },
  { name: 'assay_findings_published_total', labels: { service: 'ledger' } },
  { name: 'assay_deliveries_total', labels: { sink: 'taking', outcome: 'delivered' } },
  { name: 'assay_deliveries_total', labels: { sink: 'away', outcome: 'failed' } },
];

/** The metrics of a platform that has met all of it: a report, one that is none, a sink that takes, one that is away. */
async function metricsOf({ url, token }: PlatformProcess): Promise<Series[]> {
  const post = async (path: string, body: string | Buffer<ArrayBuffer>, type: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type, prefer: 'respond-async' };
    const answer = await fetch(`${url}/api/v1/${path}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const declare = (sink: object) => post('sinks', JSON.stringify(sink), 'application/json');
  const subject = 'assay.finding.changed.>';
  await declare({ name: 'taking', type: 'file', subject, config: { path: 'taken.jsonl' } });
  // Nobody may listen on the discard port.
  await declare({ name: 'away', type: 'webhook', subject, config: { url: 'http://127.0.0.1:9/', allowPrivate: true } });
  const report = readFileSync(join(folder, '../../services/producer/src/adapters/gosec/fixtures/govwa.json'));
  await post('reports?format=gosec&target=shop', report, 'application/json');
  await post('reports?format=gosec&target=shop', 'no report', 'text/plain');
  for (;;) {
    const series = seriesIn(await (await fetch(`${url}/metrics`)).text());
    const isSeen = ({ name, labels }: Pick<Series, 'name' | 'labels'>) =>
      series.some(
        (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      );
    if (happenings.every(isSeen)) return series;
    await setTimeout(100);
  }
}
