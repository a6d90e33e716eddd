// Intake stops before the bus would have to forget: asked at most once a second, however many requests come.
import { Transient } from '@assay/contracts';

/** Says when intake should be tried again; undefined: there is room. */
export type IsOverloaded = () => Promise<{ retryAfterMs: number } | undefined>;

const freshMs = 1000;

/** A check that throws Transient (503 with Retry-After) while the platform is too far behind. */
export function intakeCheck(isOverloaded: IsOverloaded, now: () => Date): () => Promise<void> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: ReturnType<IsOverloaded> = Promise.resolve(undefined);
  return async () => {
    if (now().getTime() - asked >= freshMs) {
      asked = now().getTime();
      answer = isOverloaded();
    }
    const overload = await answer;
    if (overload)
      throw new Transient('the platform is so far behind that events would be lost; try again later', {
        code: 'intake.overloaded',
        retryAfterMs: overload.retryAfterMs,
      });
  };
}
