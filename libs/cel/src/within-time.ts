// A limit of time for expressions: `matches` uses JavaScript's backtracking expressions on texts that strangers write,
// and only a vm can interrupt one.
import { createContext, Script } from 'node:vm';

const limited = createContext({ run: undefined as unknown });
const script = new Script('run()');

/** What `run` returns; undefined when it was interrupted after `ms` milliseconds. Not to be nested. */
export function withinTime<T extends object>(ms: number, run: () => T): T | undefined {
  limited['run'] = run;
  try {
    return script.runInContext(limited, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return undefined;
  } finally {
    limited['run'] = undefined;
  }
}
