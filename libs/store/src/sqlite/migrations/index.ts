// Every migration, in order; the n-th brings a file to schema n. Never edit one that was released: add the next.
import { remember } from './0001-remember.ts';
import { share } from './0002-share.ts';

export const migrations: readonly string[] = [remember, share];
