// What SpotBugs says of a scan that went well: it takes the names of invokedynamic call sites ("makeConcatWithConstants",
// of each string that modern Java joins) for classes, misses them, and calls the scan unsuccessful.
import { type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';

const missingClasses = 'spotbugs-missing-classes';

/** Of a message are looked at. Characters. */
const maxChars = 64 * 1024;

/** Bits of the exit code: findings, missing classes. What else there is says that something was not analysed. */
const harmlessBits = 1 | 2;

/** A name without a package that begins with a small letter is a method's, not a class's. */
export function isCallSite(name: string): boolean {
  return /^[a-z][\w$]*$/.test(name.trim());
}

/** The invocation without what is not true of it. */
export function invocationOf(invocation: JsonObject): JsonObject {
  const list = listOf(invocation['toolConfigurationNotifications']);
  const kept = list.filter((item) => !isAboutCallSites(objectOf(item)));
  if (kept.length === list.length) return invocation;
  const exitCode = invocation['exitCode'];
  const isWell = kept.length === 0 && typeof exitCode === 'number' && (exitCode & ~harmlessBits) === 0;
  return {
    ...invocation,
    toolConfigurationNotifications: kept,
    ...(isWell ? { executionSuccessful: true } : {}),
  };
}

function isAboutCallSites(notification: JsonObject): boolean {
  if (textOf(objectOf(notification['descriptor'])['id']) !== missingClasses) return false;
  const names = /\[([^[\]]*)\]\s*$/.exec(textOf(objectOf(notification['message'])['text']).slice(-maxChars))?.[1];
  return names?.split(',').every(isCallSite) ?? false;
}
