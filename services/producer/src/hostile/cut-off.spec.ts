// Every report of every adapter cut off at each place where something ends or begins: nobody takes a part for the whole.
import { Completeness } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Specimen, specimens } from './corpus.ts';
import { judge } from './judge.ts';

/** Places of one report that are tried. */
const maxCuts = process.env['ASSAY_FUZZ_SECONDS'] ? Number.POSITIVE_INFINITY : 30;

/** The lengths to cut it to: at each bracket, comma, quote or angle; of a binary one, at each byte. */
function cutsOf({ kind, bytes }: Specimen): number[] {
  const structural = new Set(kind === 'xml' ? '<>"/' : '{}[],:"\\');
  const whole = kind === 'binary' ? bytes.length : bytes.toString('latin1').trimEnd().length;
  const cuts: number[] = [];
  for (let at = 1; at < whole; at++)
    if (kind === 'binary' || structural.has(String.fromCharCode(bytes[at] ?? 0))) cuts.push(at);
  const step = Math.max(1, cuts.length / maxCuts);
  return Array.from({ length: Math.min(cuts.length, maxCuts) }, (_, at) => cuts[Math.floor(at * step)] ?? 1);
}

/** Whether the start of a report is a whole one of its kind. */
function isWhole({ kind, bytes }: Specimen, cut: number): boolean {
  const start = bytes.toString('utf8', 0, cut);
  // One object a line: between two of them nobody can see that there was a third.
  return kind === 'json' && (/^[^[\]]*\}\s*$/.test(start.slice(start.lastIndexOf('\n{') + 1)) || isJson(start));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
    return true;
  } catch {
    return false;
  }
}

describe('a report that is cut off', () => {
  it.each(specimens().map((specimen) => [specimen.name, specimen] as const))(
    'is never taken for a whole one: %s',
    async (_, specimen) => {
      const { adapter, bytes, kind } = specimen;
      const broken: string[] = [];
      for (const cut of cutsOf(specimen)) {
        try {
          const { code, completeness } = await judge(adapter, bytes.subarray(0, cut));
          // A protobuf message may end behind each member.
          const mayEnd = kind === 'binary' || isWhole(specimen, cut);
          if (code === '' && !mayEnd && completeness === Completeness.COMPLETE) broken.push(`taken at byte ${cut}`);
        } catch (error) {
          broken.push(`at byte ${cut}: ${error}`);
        }
      }
      expect(broken).toEqual([]);
    },
  );
});
