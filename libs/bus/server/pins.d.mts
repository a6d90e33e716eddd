import type { Pins } from './find-nats-server.mjs';

export const oldestVersion: string;
export const pins: Pins;
