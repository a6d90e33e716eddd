// When another side wants to be asked again.

/** Milliseconds of a Retry-After header (RFC 9110 §10.2.3): seconds or a date; undefined when it says nothing useful. */
export function retryAfterMs(value: string | string[] | undefined, now: Date): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse reads much more than a date of HTTP, "-5" for one.
  const time = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time - now.getTime());
}
