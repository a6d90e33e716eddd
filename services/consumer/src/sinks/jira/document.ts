// Texts of several paragraphs as Jira takes them: its document format (Cloud) or its wiki markup (Data Center). What a
// finding says stands in them as plain text: nothing of it can format, mention, embed or hide where a link leads.
// https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all

export type Paragraph =
  | { kind: 'text'; text: string }
  | { kind: 'facts'; facts: readonly (readonly [name: string, value: string])[] }
  | { kind: 'code'; text: string }
  | { kind: 'links'; urls: readonly string[] };

interface Node {
  type: string;
  text?: string;
  marks?: { type: string; attrs?: { href: string } }[];
  content?: Node[];
}

export interface DocumentNode extends Node {
  version: 1;
}

/** Texts must not be empty: Jira refuses a text node without text. */
export function toAdf(paragraphs: readonly Paragraph[]): DocumentNode {
  return { type: 'doc', version: 1, content: paragraphs.map(adfOf) };
}

function adfOf(paragraph: Paragraph): Node {
  switch (paragraph.kind) {
    case 'text':
      return { type: 'paragraph', content: withBreaks(paragraph.text) };
    case 'code':
      return { type: 'codeBlock', content: [{ type: 'text', text: paragraph.text }] };
    case 'facts':
      return bullets(
        paragraph.facts.map(([name, value]) => [
          { type: 'text', text: `${name}:`, marks: [{ type: 'strong' }] },
          { type: 'text', text: ` ${value}` },
        ]),
      );
    case 'links':
      return bullets(
        paragraph.urls.map((href) => [{ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] }]),
      );
  }
}

function bullets(lines: Node[][]): Node {
  return {
    type: 'bulletList',
    content: lines.map((content) => ({ type: 'listItem', content: [{ type: 'paragraph', content }] })),
  };
}

function withBreaks(text: string): Node[] {
  return text
    .split('\n')
    .flatMap((line, at): Node[] => [
      ...(at > 0 ? [{ type: 'hardBreak' }] : []),
      ...(line === '' ? [] : [{ type: 'text', text: line }]),
    ]);
}

export function toWiki(paragraphs: readonly Paragraph[]): string {
  return paragraphs.map(wikiOf).join('\n\n');
}

function wikiOf(paragraph: Paragraph): string {
  switch (paragraph.kind) {
    case 'text':
      return escapeWiki(paragraph.text);
    case 'code':
      // Entities are no characters in here; the end is all that could lead out.
      return `{noformat}\n${paragraph.text.replaceAll(/\{(?=noformat)/gi, '{\u200b')}\n{noformat}`;
    case 'facts':
      return paragraph.facts.map(([name, value]) => `* *${escapeWiki(name)}:* ${escapeWiki(value)}`).join('\n');
    case 'links':
      // The renderer links an address by itself; these have no character that could end one and begin another.
      return paragraph.urls.map((url) => `* ${url.replaceAll(/[|[\]{}\\!*^~"'<>()]/g, percent)}`).join('\n');
  }
}

/** Every character that could be markup as the HTML entity of it, which the renderer shows as what it is. */
export function escapeWiki(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, (character) =>
    /[.,;=]/.test(character) ? character : `&#${character.charCodeAt(0)};`,
  );
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
