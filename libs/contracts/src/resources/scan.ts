// What to scan, with which pipeline, once or on a schedule; the executor runs it and shows here what came of it.
import { z } from 'zod';
import { severityNames, transitionNames } from '../names.ts';
import { conditions, type ResourceDefinition, withRules } from './resource.ts';

/** Ids of runs are made of a Scan's namespace (63) and name, and have 128 characters at most. */
export const maxScanName = 40;

const params = z.record(z.string(), z.string().max(4096)).meta({ maxProperties: 64 });

export const scanSpec = withRules(
  z.strictObject({
    target: z
      .strictObject({
        name: z.string().min(1).max(512).describe('Whose history the findings belong to, e.g. "shop".'),
        kind: z.string().min(1).max(63).default('repository').describe('"repository", "image", "cluster" …'),
      })
      .describe('The thing over time that is scanned.'),
    source: withRules(
      z.strictObject({
        url: z
          .string()
          .max(2048)
          .regex(/^https?:\/\/[^\s]+$/)
          .optional()
          .describe('A git repository, or an archive (.tar.gz, .tgz, .tar).'),
        revision: z.string().min(1).max(256).optional().describe('Commit, tag or branch; default: the branch HEAD is.'),
        archive: z
          .string()
          .regex(/^sha256:[0-9a-f]{64}$/)
          .optional()
          .describe('Digest of an archive that was uploaded.'),
      }),
      { rule: 'has(self.url) != has(self.archive)', message: 'give one of url and archive' },
    )
      .optional()
      .describe('What of it is scanned; default: what the pipeline brings itself.'),
    pipeline: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
      .default('scan')
      .describe('Name of the pipeline.'),
    components: z
      .array(z.string().min(1).max(63))
      .max(128)
      .optional()
      .describe('Components to run, by name; default: every one that has something to scan.'),
    params: params.optional().describe('Of the pipeline, by name.'),
    steps: z
      .array(z.strictObject({ name: z.string().min(1).max(63), params: params.optional() }))
      .max(32)
      .optional()
      .describe('Enrichment steps, in order; default: those of the pipeline.'),
    schedule: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('When, as cron has it: "0 3 * * *". Without one: once, and again whenever the spec changes.'),
    timeZone: z.string().min(1).max(64).optional().describe('Of the schedule, e.g. "Europe/Berlin"; default: UTC.'),
    suspend: z.boolean().default(false).describe('Begins no runs; what runs goes on.'),
    historyLimit: z.int().min(0).max(50).default(5).describe('Runs that status.history keeps.'),
  }),
  {
    rule: '!has(self.timeZone) || has(self.schedule)',
    message: 'timeZone is of a schedule: give one, or leave it out',
  },
);
export type ScanSpec = z.output<typeof scanSpec>;

/** Ends of a run: Complete, Partial (a task failed), Incomplete (findings are missing), Failed (nothing was scanned). */
export const scanPhases = ['Pending', 'Running', 'Assessing', 'Complete', 'Partial', 'Incomplete', 'Failed'] as const;
export type ScanPhase = (typeof scanPhases)[number];

const count = z.int().min(0).optional();
// Every name, the best known first.
const bySeverity = z.strictObject(countsOf(severityNames.all.toReversed()));
const byTransition = z.strictObject(countsOf(transitionNames.all));

export const scanStatus = z.strictObject({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(scanPhases).optional().describe('Of the newest run.'),
  runId: z.string().max(128).optional().describe('The newest run; "assay runs show" tells all of it.'),
  lastRunTime: z.string().meta({ format: 'date-time' }).optional(),
  nextRunTime: z.string().meta({ format: 'date-time' }).optional(),
  findings: bySeverity.optional().describe('Of the newest assessed run, by severity.'),
  transitions: byTransition.optional().describe('Of that run, by what changed since the one before.'),
  problems: z.array(z.string().max(1024)).max(10).optional().describe('What is wrong with it, one sentence each.'),
  history: z
    .array(
      z.strictObject({
        runId: z.string().max(128),
        phase: z.enum(scanPhases),
        startedAt: z.string().meta({ format: 'date-time' }),
      }),
    )
    .max(50)
    .optional()
    .describe('Runs before, the newest first.'),
  conditions: conditions.optional(),
});
export type ScanStatus = z.output<typeof scanStatus>;

export const scanResource: ResourceDefinition = {
  kind: 'Scan',
  plural: 'scans',
  singular: 'scan',
  shortNames: ['asc'],
  description: 'What to scan, with which pipeline, once or on a schedule.',
  spec: scanSpec,
  status: scanStatus,
  rules: [
    {
      rule: `size(self.metadata.name) <= ${maxScanName}`,
      message: `metadata.name must have at most ${maxScanName} characters: ids of runs are made of it`,
    },
  ],
  columns: [
    { name: 'Target', type: 'string', path: '.spec.target.name' },
    { name: 'Phase', type: 'string', path: '.status.phase' },
    { name: 'Critical', type: 'integer', path: '.status.findings.critical' },
    { name: 'High', type: 'integer', path: '.status.findings.high' },
    { name: 'Medium', type: 'integer', path: '.status.findings.medium' },
    { name: 'Low', type: 'integer', path: '.status.findings.low' },
    { name: 'Pipeline', type: 'string', path: '.spec.pipeline', isWide: true },
    { name: 'Schedule', type: 'string', path: '.spec.schedule', isWide: true },
    { name: 'Next', type: 'date', path: '.status.nextRunTime', isWide: true },
    { name: 'Run', type: 'string', path: '.status.runId', isWide: true },
    { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
  ],
};

function countsOf(names: readonly string[]): Record<string, typeof count> {
  return Object.fromEntries(names.map((name) => [name, count]));
}
