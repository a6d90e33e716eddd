// Messages (SARIF 2.1.0 §3.11): a text, or an id and arguments into the rule's message strings. Plain text only.
import { type JsonObject, listOf, textOf } from '../../json-values.ts';

/** More than anybody publishes of a message. Characters. */
const maxChars = 64 * 1024;
/** Of an argument, as a text may ask for it thousands of times. Characters. */
const maxArgument = 1024;

/** The message of a result as plain text; "" when it has none. Sources are looked in in order (§3.11.7). */
export function messageText(
  message: JsonObject,
  ...sources: readonly (ReadonlyMap<string, string> | undefined)[]
): string {
  const id = textOf(message['id']);
  const text = textOf(message['text']) || sources.map((source) => source?.get(id)).find(Boolean) || '';
  return withoutLinks(withArguments(text.slice(0, maxChars), listOf(message['arguments'])).slice(0, maxChars));
}

/** {0} becomes the first argument; {{ and }} are braces (§3.11.5). An argument that is not there leaves its place. */
function withArguments(text: string, values: readonly unknown[]): string {
  if (!/[{}]/.test(text) || values.length === 0) return text;
  return text.replace(/\{\{|\}\}|\{(\d{1,9})\}/g, (whole, index?: string) => {
    if (index === undefined) return whole.charAt(0);
    const value = values[Number(index)];
    return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, maxArgument) : whole;
  });
}

/** "[user input](1)" points at a related location by number (§3.11.6); its words are what a reader needs. */
function withoutLinks(text: string): string {
  if (!text.includes('](')) return text;
  return text.replace(/\[((?:[^\]\\]|\\.){0,500})\]\(\d+\)/g, (_, words: string) =>
    words.replace(/\\([[\]\\])/g, '$1'),
  );
}
