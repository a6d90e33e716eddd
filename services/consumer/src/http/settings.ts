// What the config of every HTTP sink has: where it may connect to, and how long it waits. Spread into a strictObject.
import { z } from 'zod';

export const reachSettings = {
  allowPrivate: z.boolean().default(false).describe('Take addresses of the inner network, and http:// for them'),
  allowHttp: z.boolean().default(false).describe('Take http://: what is sent can be read on the way'),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(15_000)
    .describe('Longest wait for the connection, and again for the answer. Milliseconds'),
};

export interface Reach {
  allowPrivate: boolean;
  allowHttp: boolean;
  timeoutMs: number;
}

/** A member `url` of a config; `door.ts` checks the rest. */
export const urlSetting = z.url({ protocol: /^https?$/ }).max(2048);
