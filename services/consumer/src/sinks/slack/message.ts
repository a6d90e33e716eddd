// What Slack is told of a delivery: findings by target, run and change, counted by severity, the worst of each with a
// link. Texts are elements of rich text, which Slack shows as they are: no finding can format, mention or link anything.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
import type { FindingRecord } from '@assay/contracts';
import { referencesOf } from '../../link.ts';
import { shorten } from '../../shorten.ts';
import type { SinkItem } from '../../sink.ts';

export type Element =
  | { type: 'text'; text: string; style?: { bold: true } }
  | { type: 'link'; url: string; text: string };
interface Section {
  type: 'rich_text_section';
  elements: Element[];
}
interface List {
  type: 'rich_text_list';
  style: 'bullet';
  elements: Section[];
}
export type Block =
  | { type: 'header'; text: { type: 'plain_text'; text: string; emoji: false } }
  | { type: 'rich_text'; elements: (Section | List)[] };

export interface Message {
  /** For notifications and clients without blocks. */
  text: string;
  blocks: Block[];
}

export interface Wording {
  /** Findings shown of each group. */
  top: number;
  link(finding: FindingRecord): string | undefined;
  /** The sink's own line for a finding. */
  finding?: (finding: FindingRecord) => string;
  /** The sink's own line for an event without findings. */
  event?: (item: SinkItem) => string;
}

/** Slack takes 50; one is the header, one says what was left out. */
const maxGroups = 48;
/** Blocks of 13 200 characters of JSON were refused (msg_blocks_too_long) where the documentation has no limit. */
const maxBlocksLength = 12_000;
/** Slack takes 150. */
const maxHeader = 150;
const maxTitle = 200;
const maxName = 80;
const maxLine = 300;

interface Group {
  title: string;
  counts: string;
  lines: Element[][];
  /** Not shown as lines. */
  more: number;
}

export function messageOf(items: readonly SinkItem[], wording: Wording): Message {
  const groups = [...findingGroups(items, wording), ...eventGroups(items, wording)];
  const header = headerOf(items, groups);
  const blocks: Block[] = [{ type: 'header', text: { type: 'plain_text', text: header, emoji: false } }];
  const shown = shownOf(groups, JSON.stringify(blocks).length);
  blocks.push(...shown);
  const left = groups.length - shown.length;
  if (left > 0) blocks.push({ type: 'rich_text', elements: [section([text(`and ${left} more of these`)])] });
  return { text: escaped(header), blocks };
}

/** As many as there is room for. */
function shownOf(groups: readonly Group[], used: number): Block[] {
  const shown: Block[] = [];
  let length = used;
  for (const group of groups.slice(0, maxGroups)) {
    const block = fitting(group, maxBlocksLength - length);
    if (!block) break;
    length += JSON.stringify(block).length + 1;
    shown.push(block);
  }
  return shown;
}

/** The group with as many lines as there is room for; undefined when there is none for its title. */
function fitting(group: Group, room: number): Block | undefined {
  // Room for the words that say what was left out.
  const most = room - 200;
  for (let count = group.lines.length; count >= 0; count--) {
    const block = blockOf({
      ...group,
      lines: group.lines.slice(0, count),
      more: group.more + group.lines.length - count,
    });
    if (JSON.stringify(block).length <= most) return block;
  }
  return undefined;
}

function blockOf({ title, counts, lines, more }: Group): Block {
  const elements: (Section | List)[] = [section([{ ...text(title), style: { bold: true } }, text(`: ${counts}`)])];
  const shown = lines.map((line) => section(line));
  if (more > 0 && shown.length > 0) shown.push(section([text(`and ${more} more`)]));
  if (shown.length > 0) elements.push({ type: 'rich_text_list', style: 'bullet', elements: shown });
  return { type: 'rich_text', elements };
}

function findingGroups(items: readonly SinkItem[], wording: Wording): Group[] {
  // Each is asked for once: it is decoded anew every time.
  const findings = items.flatMap((item) => (item.data === undefined ? (item.finding ?? []) : []));
  const groups = Map.groupBy(findings, ({ target, run = '', transition = '' }) => [target, run, transition].join('\0'));
  return [...groups.values()].map((own) => {
    const worst = own.toSorted(byWeight);
    const [first] = own;
    const run = first?.run ? ` (run ${shorten(first.run, maxName)})` : '';
    return {
      title: `${shorten(first?.target ?? '', maxName) || 'no target'}${run}`,
      counts: `${countsOf(own)} ${first?.transition ?? 'found'}`,
      lines: worst.slice(0, wording.top).map((finding) => lineOf(finding, wording)),
      more: Math.max(0, own.length - wording.top),
    };
  });
}

function eventGroups(items: readonly SinkItem[], { event, top }: Wording): Group[] {
  const events = items.filter((item) => item.data !== undefined);
  return [...Map.groupBy(events, (item) => item.event.type)].map(([type, own]) => ({
    title: shorten(type, maxName),
    counts: own.length === 1 ? '1 event' : `${own.length} events`,
    lines: own.slice(0, top).map((item) => [text(shorten(event ? event(item) : item.event.subject, maxLine) || '-')]),
    more: Math.max(0, own.length - top),
  }));
}

function lineOf(finding: FindingRecord, wording: Wording): Element[] {
  const url = wording.link(finding) ?? referencesOf(finding, 1)[0];
  if (wording.finding) {
    const own = text(shorten(wording.finding(finding), maxLine) || '-');
    return url ? [own, text(' '), link(url)] : [own];
  }
  const { severity, title, rule, tool, path, startLine, purl } = finding;
  const place = path ? `${path}${startLine ? `:${startLine}` : ''}` : (purl ?? '');
  const where = place ? ` in ${shorten(place, maxTitle)}` : '';
  const by = ` (${shorten(`${tool} ${rule}`, maxName)})`;
  return [
    { ...text(severity || 'unspecified'), style: { bold: true } },
    text(` ${shorten(title, maxTitle)}${where}${by}`),
    ...(url ? [text(' '), link(url)] : []),
  ];
}

const weights = new Map(['critical', 'high', 'medium', 'low', 'info', 'unspecified'].map((name, at) => [name, at]));

function weightOf(severity: string): number {
  return weights.get(severity) ?? weights.size;
}

function byWeight(a: FindingRecord, b: FindingRecord): number {
  return weightOf(a.severity) - weightOf(b.severity) || (b.cvss?.score ?? 0) - (a.cvss?.score ?? 0);
}

/** "1 critical, 2 high" */
function countsOf(findings: readonly FindingRecord[]): string {
  const counts = Map.groupBy(findings, ({ severity }) => severity);
  return [...counts]
    .toSorted(([a], [b]) => weightOf(a) - weightOf(b))
    .map(([severity, own]) => `${own.length} ${severity}`)
    .join(', ');
}

function headerOf(items: readonly SinkItem[], groups: readonly Group[]): string {
  const [only] = groups;
  if (groups.length === 1 && only) return shorten(`${only.title}: ${only.counts}`, maxHeader);
  const events = items.filter((item) => item.data !== undefined).length;
  const findings = items.length - events;
  const words = [
    ...(findings > 0 ? [`${findings} ${findings === 1 ? 'finding' : 'findings'}`] : []),
    ...(events > 0 ? [`${events} ${events === 1 ? 'event' : 'events'}`] : []),
  ];
  return words.join(', ');
}

function section(elements: Element[]): Section {
  return { type: 'rich_text_section', elements };
}

function text(words: string): { type: 'text'; text: string } {
  return { type: 'text', text: words };
}

// Shown as what it is: nobody is led elsewhere than he reads.
function link(url: string): Element {
  return { type: 'link', url, text: shorten(url, maxTitle) };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
