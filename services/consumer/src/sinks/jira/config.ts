// The settings of a jira sink.
import { z } from 'zod';
import { reachSettings, urlSetting } from '../../http/settings.ts';

const name = z.string().min(1).max(255);
const names = z.array(name).max(10).optional();
const severity = z.enum(['critical', 'high', 'medium', 'low', 'info', 'unspecified']);

export const jiraConfig = z.strictObject({
  url: urlSetting.describe('Of Jira, e.g. https://acme.atlassian.net'),
  edition: z.enum(['cloud', 'data-center']).default('cloud').describe('Version 3 or version 2 of the REST API'),
  user: z
    .string()
    .max(255)
    .regex(/^[^:\p{Cc}]+$/u)
    .optional()
    .describe('E-mail of the account whose API token it is; without it the token is a personal access token'),
  project: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,254}$/)
    .describe('Its key'),
  issueType: name.default('Bug'),
  labels: z
    .array(z.string().regex(/^[^\s"\\]{1,255}$/))
    .max(20)
    .default([])
    .describe('Besides “assay” and the finding’s own'),
  priorities: z
    .partialRecord(severity, name)
    .default({ critical: 'Highest', high: 'High', medium: 'Medium', low: 'Low', info: 'Lowest' })
    .describe('Names of priorities by severity; {} where issues have none'),
  fields: z
    .record(z.string().regex(/^[A-Za-z][\w-]{0,99}$/), z.unknown())
    .default({})
    .describe('Further fields; texts in them are templates'),
  transitions: z
    .strictObject({ fixed: names, suppressed: names, reopened: names })
    .default({})
    .describe('Names of transitions or of statuses, the first that there is; [] leaves the status alone'),
  resolutions: z.strictObject({ fixed: name.optional(), suppressed: name.optional() }).default({}),
  indexDelayMs: z
    .number()
    .int()
    .min(0)
    .max(120_000)
    .default(10_000)
    .describe('How far Jira’s search may be behind. Milliseconds'),
  ...reachSettings,
});
