// When a schedule is due: cron's five fields, in a time zone.
import { explain, InvalidInput } from '@assay/contracts';
import { Cron } from 'croner';

/** Undefined: never again. Throws InvalidInput "scan.schedule" with a sentence for whoever wrote it. */
export function nextRunTime(schedule: string, timeZone: string, after: Date): Date | undefined {
  try {
    // Without seconds: a run a minute is more than anybody wants.
    const cron = new Cron(schedule, { timezone: timeZone, paused: true, mode: '5-part' });
    return cron.nextRun(after) ?? undefined;
  } catch (cause) {
    throw new InvalidInput(
      `schedule ${JSON.stringify(schedule)} in time zone ${JSON.stringify(timeZone)} says no times (${explain(cause)}): write five fields of cron, like "0 3 * * *", and a zone like "Europe/Berlin"`,
      { code: 'scan.schedule', cause },
    );
  }
}
