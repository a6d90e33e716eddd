// Moments as people write them: "10m" ago, or a time.
import { InvalidInput } from '@assay/contracts/errors';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339 of "10m", "2h", "1d" before now, or of a time. */
export function parseSince(text: string, now: Date): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (unitMs[unit] ?? 0)).toISOString();
  const isTime = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?)?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidInput(`"${text}" is no moment; write 30s, 10m, 2h, 1d or a time like 2026-01-31T12:00:00Z`, {
      code: 'usage.since',
    });
  return new Date(time).toISOString();
}
