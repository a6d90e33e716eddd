// Hostile XML made of a real report: each tag, attribute and text in turn gone, twice, or something else.
import type { Mutant } from './json-mutants.ts';
import { hostileTexts, share } from './values.ts';

/** Places of the same element and attribute that are attacked. */
const maxAlike = 1;

export function* xmlMutants(text: string): Generator<Mutant> {
  const seen = new Map<string, number>();
  const isNew = (what: string) => {
    seen.set(what, (seen.get(what) ?? 0) + 1);
    return (seen.get(what) ?? 0) <= maxAlike;
  };
  for (const token of text.matchAll(/<[^>]*>|[^<]+/g)) {
    const [whole] = token;
    const put = (by: string) => text.slice(0, token.index) + by + text.slice(token.index + whole.length);
    const name = /^<\/?[\w:.-]+/.exec(whole)?.[0] ?? (whole.trim() === '' ? ' ' : 'text');
    if (
      !isNew(
        name === 'text'
          ? `text after ${text
              .slice(0, token.index)
              .match(/<[\w:.-]+/g)
              ?.at(-1)}`
          : name,
      )
    )
      continue;
    yield { what: `${name} missing`, text: put('') };
    yield { what: `${name} twice`, text: put(whole + whole) };
    yield { what: `${name} in a comment`, text: put(`<!-- ${whole} -->`) };
    yield { what: `${name} behind an unknown entity`, text: put(`&evil;${whole}`) };
    yield {
      what: `${name} behind an element of a prototype's name`,
      text: put(`<__proto__ constructor="1"/>${whole}`),
    };
    if (name === 'text') {
      for (const value of share(hostileTexts, String(token.index)))
        yield { what: `${name} = ${JSON.stringify(value)}`, text: put(escaped(value)) };
      continue;
    }
    for (const attribute of whole.matchAll(/([\w:.-]+)="([^"]*)"/g)) {
      const [all, key] = attribute;
      if (!isNew(`${name} ${key}`)) continue;
      const set = (by: string) => put(whole.slice(0, attribute.index) + by + whole.slice(attribute.index + all.length));
      yield { what: `${name} ${key} missing`, text: set('') };
      yield { what: `${name} ${key} twice`, text: set(`${all} ${all}`) };
      yield { what: `${name} ${key} of another name`, text: set(all.replace(`${key}`, '__proto__')) };
      for (const value of share(hostileTexts, name + key))
        yield { what: `${name} ${key} = ${JSON.stringify(value)}`, text: set(`${key}="${escaped(value)}"`) };
    }
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
