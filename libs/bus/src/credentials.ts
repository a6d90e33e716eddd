// Credentials for nats-server: nkeys. The server only ever sees the public half.
import { createUser, fromSeed } from '@nats-io/nkeys';

/** A new user seed, "SU…": a secret. */
export function createSeed(): string {
  return new TextDecoder().decode(createUser().getSeed());
}

/** The public key of a seed, "U…". */
export function publicKeyOf(seed: string): string {
  return fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
}
