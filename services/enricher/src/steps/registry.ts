// Every step of the enricher: a new one is a folder beside this file and a line here. A spec compares the two.
export { annotate } from './annotate/index.ts';
export { codeowners } from './codeowners/index.ts';
export { deduplicate } from './deduplicate/index.ts';
export { exploit } from './exploit/index.ts';
export { policy } from './policy/index.ts';
export { vex } from './vex/index.ts';
