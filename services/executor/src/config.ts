// Settings of the executor; what only one backend reads says so.
import { availableParallelism } from 'node:os';
import { delimiter } from 'node:path';
import { z } from 'zod';
import { defaultCli, defaultComponents, defaultPipelines } from './load-components.ts';

const count = z.coerce.number().int();

export const executorConfig = z.object({
  backend: z.enum(['local', 'tekton']).default('local').describe('What runs the tasks'),
  components: z
    .string()
    .default(defaultComponents)
    .describe(`Folders of components, each in a folder with a task.yaml; several separated by "${delimiter}"`),
  pipelines: z.string().default(defaultPipelines).describe('Folder of pipelines, each in a folder of its name'),
  gatewayUrl: z.url().default('http://127.0.0.1:7077').describe('Where tasks hand their reports over'),
  taskTimeoutMs: count.min(1000).default(600_000).describe('Time limit of one task. Milliseconds'),
  roots: z
    .string()
    .default(() => process.cwd())
    .describe(`Folders that may be scanned, with all below them; several separated by "${delimiter}" (local)`),
  concurrency: count
    .min(1)
    .max(256)
    .default(() => Math.max(2, availableParallelism()))
    .describe('Tasks at the same time (local)'),
  cli: z.string().default(defaultCli).describe('The file that "assay" runs in a task (local)'),
  namespace: z.string().default('assay-runs').describe('Where runs are PipelineRuns (tekton)'),
  serviceAccount: z.string().default('assay-run').describe('What their pods run as; it needs no rights (tekton)'),
  runTimeoutMs: count.min(1000).default(3_600_000).describe('Time limit of a whole run. Milliseconds (tekton)'),
  maxRuns: count
    .min(1)
    .max(1000)
    .default(4)
    .describe('Runs of one pipeline at the same time; the others wait in the order they came (tekton)'),
  cancelInProgress: z
    .stringbool()
    .default(false)
    .describe('A new run cancels older ones of the same pipeline and target (tekton)'),
  keepRuns: count.min(0).max(10_000).default(20).describe('Ended runs that are kept of each pipeline (tekton)'),
  sourceVolume: z
    .string()
    .regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/, 'must be like 2Gi')
    .default('2Gi')
    .describe('Room for what one run scans (tekton)'),
  storageClass: z.string().optional().describe('Of that volume; default: the cluster’s own (tekton)'),
  gitSecret: z
    .string()
    .optional()
    .describe('Secret with what git needs to read private repositories: url, username, password … (tekton)'),
  imageRegistry: z.string().optional().describe('Takes the place of ghcr.io/assay in the images of tasks (tekton)'),
  imageVersion: z.string().optional().describe('Takes the place of the version of those images (tekton)'),
  maxLogBytes: count
    .min(4096)
    .default(4 * 1024 * 1024)
    .describe('What is kept of the log of one step. Bytes (tekton)'),
  scanResources: z.stringbool().default(false).describe('Look after Scan resources of the cluster'),
  scanNamespaces: z
    .string()
    .default('')
    .transform((names) => names.split(',').flatMap((name) => name.trim() || []))
    .describe('Where they are looked for, separated by commas; default: in every namespace'),
});
export type ExecutorConfig = (typeof executorConfig)['_output'];
