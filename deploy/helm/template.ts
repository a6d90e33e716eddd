// Objects as Helm templates: strings and keys that begin with a mark stand for what Helm fills in.
import { stringify } from 'yaml';

const mark = '@@';

/** Helm reads YAML 1.1, in which a plain `off` is no text. */
export const asHelmReads = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** A value that is a template's: "{{ … }}". */
export function expression(code: string): string {
  return `${mark}{{ ${code} }}`;
}

/** A map or list that Helm writes as YAML. */
export function block(code: string): string {
  return `${mark}block ${code}`;
}

/** A map of texts. */
export function texts(code: string): string {
  return `${mark}texts ${code}`;
}

/** Items of a list: one for each entry of a map, as environment variables. */
export function variablesOf(code: string): string {
  return `${mark}variables ${code}`;
}

/** An item of a list, when the condition holds. */
export function itemWhen(condition: string, item: string): string {
  return `${mark}item ${condition} ${mark} ${item}`;
}

/** A key that is there when the condition holds. */
export function conditional(condition: string, key: string): string {
  return `${mark}if ${condition} ${mark}${key}`;
}

export function choice(condition: string, yes: string | number, no: string | number): string {
  const code = `ternary ${JSON.stringify(yes)} ${JSON.stringify(no)} ${condition}`;
  return expression(typeof yes === 'string' ? `${code} | quote` : code);
}

/** A document that is there when all conditions hold. */
export function when(conditions: readonly string[], text: string): string {
  if (conditions.length === 0) return text;
  const [first = '', ...more] = conditions;
  const condition = more.length === 0 ? first : `and ${conditions.map((each) => `(${each})`).join(' ')}`;
  return `{{- if ${condition} }}\n${text}{{- end }}\n`;
}

export function toTemplate(object: unknown): string {
  const lines = stringify(object, { ...asHelmReads, singleQuote: false })
    .trimEnd()
    .split('\n');
  return `${written(lines).join('\n')}\n`;
}

function written(lines: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const [, indent = '', key, rest = ''] = /^(\s*)(?:\? )?("@@if (?:[^"\\]|\\.)*")(:.*)$/.exec(line) ?? [];
    if (key === undefined) {
      result.push(...filledIn(line));
      continue;
    }
    const [, condition = '', name = ''] = /^@@if (.*) @@(.*)$/.exec(JSON.parse(key) as string) ?? [];
    let end = index + 1;
    while (end < lines.length && isBelow(lines[end] ?? '', indent.length)) end++;
    const below = [`${indent}${name}${rest}`, ...lines.slice(index + 1, end)];
    result.push(`${indent}{{- if ${condition} }}`, ...written(below), `${indent}{{- end }}`);
    index = end - 1;
  }
  return result;
}

function isBelow(line: string, indent: number): boolean {
  return line.trim() === '' || line.length - line.trimStart().length > indent;
}

function filledIn(line: string): string[] {
  const [, before = '', quoted] = /^(.*?)("@@(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
  if (quoted === undefined) return [line];
  const text = (JSON.parse(quoted) as string).slice(mark.length);
  const indent = before.length - before.trimStart().length;
  const [word = '', ...code] = text.split(' ');
  if (word === 'block')
    return [before.trimEnd(), `${' '.repeat(indent + 2)}{{- toYaml (${code.join(' ')}) | nindent ${indent + 2} }}`];
  const pad = ' '.repeat(indent);
  if (word === 'texts')
    return [
      before.trimEnd(),
      `${pad}  {{- range $name, $value := ${code.join(' ')} }}`,
      `${pad}  {{ $name }}: {{ $value | quote }}`,
      `${pad}  {{- end }}`,
    ];
  if (word === 'variables')
    return [
      `${pad}{{- range $name, $value := ${code.join(' ')} }}`,
      `${pad}- name: {{ $name }}`,
      `${pad}  value: {{ $value | quote }}`,
      `${pad}{{- end }}`,
    ];
  if (word === 'item') {
    const [condition = '', item = ''] = code.join(' ').split(` ${mark} `);
    return [`${pad}{{- if ${condition} }}`, `${pad}- ${item}`, `${pad}{{- end }}`];
  }
  return [`${before}${text}`];
}
