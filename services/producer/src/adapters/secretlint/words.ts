// secretlint's messages: "found GitHub Token(*****): **********", with the secret itself where it was not masked.

/** What was found, for people, and what of the message may be a secret. */
export function wordsOf(message: string): { title: string; secrets: string[] } {
  const [, what = message, inner = '', value = ''] =
    /^([^:(\n]{1,200})(?:\(([^)\n]*)\))?:[ \t](.*)$/s.exec(message) ?? [];
  const secrets = [value, inner].map((text) => text.trim()).filter((text) => text !== '' && !/^\*+$/.test(text));
  return { title: what.trim(), secrets };
}

/** "@secretlint/secretlint-rule-preset-recommend > @secretlint/secretlint-rule-github" is the rule behind the preset. */
export function ruleName(id: string): string {
  return id.slice(id.lastIndexOf('>') + 1).trim();
}
