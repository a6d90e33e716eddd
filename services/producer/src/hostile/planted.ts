// Secrets that hostile texts carry, made of parts so that no scanner takes this file for a leak: one for each kind of
// pattern that the redactor knows.
const letters = 'kfbzQmXw83hVtNcYpR5dLs7JgUe2Ta9Ko4Ei6Dx1WqHyBvCnMjZuGiSrPl';
const of = (...parts: string[]) => parts.join('');

const github = of('gh', 'p_', letters.slice(0, 36));
const amazon = of('AK', 'IA', 'Q3EGTYTWCK7JWXQB');
const url = 'zGq7-tHunder9';
const assigned = 'hunter2-Wq8rT';

/** What must never be found behind the producer. */
export const planted: readonly string[] = [github, amazon, url, assigned];

/** A line that holds them all. */
export const telling = `token ${github} of ${amazon} at postgres://app:${url}@db/app, const password = "${assigned}";`;
