// The gateway's own settings; each is a variable ASSAY_GATEWAY_…
import { z } from 'zod';

const mib = 1024 * 1024;
const integer = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

export const gatewayConfig = z.object({
  port: integer(0, 65_535).default(7077).describe('Port of the HTTP API; 0: any free one'),
  tokenFile: z
    .string()
    .optional()
    .describe('File (mode 0600) with one token that may do everything: the first one, before there are others'),
  maxReportBytes: integer(1, 64 * 1024 * mib)
    .default(2048 * mib)
    .describe('Longest report that is taken, after decompression. Bytes'),
  maxEventBytes: integer(1024, 256 * mib)
    .default(16 * mib)
    .describe('Longest body of POST /api/v1/events. Bytes'),
  maxSourceBytes: integer(1024, 64 * 1024 * mib)
    .default(512 * mib)
    .describe('Longest archive that is taken to be scanned. Bytes'),
  webhooksFile: z
    .string()
    .optional()
    .describe('YAML file that says which webhooks are taken, how they are signed and what becomes of them'),
  maxWebhookBytes: integer(1024, 32 * mib)
    .default(2 * mib)
    .describe('Longest body of POST /api/v1/webhooks. Bytes'),
  readWaitMs: integer(0, 60_000)
    .default(1000)
    .describe(
      'How long the answer to a report waits for it to be read, so that a broken one is refused at once. Milliseconds',
    ),
  sinkWaitMs: integer(0, 60_000)
    .default(500)
    .describe(
      'How long the answer to a declared sink waits for the consumer to refuse it, so that one that cannot work is no success. Milliseconds',
    ),
  sinkTestMs: integer(10, 120_000)
    .default(30_000)
    .describe('How long the answer to a test of a sink waits for the consumer. Milliseconds'),
  requestTimeoutMs: integer(1000, 3_600_000)
    .default(600_000)
    .describe('How long a client may take to send a request. Milliseconds'),
  bodyIdleMs: integer(100, 600_000)
    .default(60_000)
    .describe('Longest pause of a client that sends a body or reads an answer. Milliseconds'),
  maxConnections: integer(1, 1_000_000).default(2000).describe('Connections at the same time; more are closed at once'),
  maxConnectionsPerAddress: integer(1, 1_000_000)
    .default(500)
    .describe('The same of one address; raise it behind a proxy'),
  requestsPerMinute: integer(1, 1_000_000)
    .default(6000)
    .describe('Requests a minute of one token, or of one address without'),
  maxFollowers: integer(1, 10_000).default(100).describe('Clients that follow events at the same time'),
  heartbeatMs: integer(10, 300_000).default(15_000).describe('Longest silence on an event stream. Milliseconds'),
  slowFollowerMs: integer(10, 300_000)
    .default(30_000)
    .describe('How long a follower may leave what it was sent unread before it is disconnected. Milliseconds'),
});
export type GatewayConfig = z.output<typeof gatewayConfig>;
