/** What is fetched when no nats-server is there. */
export interface Pins {
  readonly goVersion: string;
  readonly release: {
    readonly version: string;
    /** Where <baseUrl>/v<version>/nats-server-v<version>-<target>.tar.gz is. */
    readonly baseUrl: string;
    /** By target, "linux-amd64". */
    readonly sha256: Readonly<Record<string, string>>;
  };
}

export interface FindOptions {
  /** Default process.env; HOME, PATH, ASSAY_HOME and ASSAY_NATS_SERVER are read of it. */
  env?: NodeJS.ProcessEnv;
  /** Node's names; default: this machine's. */
  platform?: string;
  arch?: string;
  pins?: Pins;
  /** Milliseconds. Defaults: an answer within 5000, a download within 180000, go 300000, apt 120000. */
  limits?: Partial<Record<'connectMs' | 'downloadMs' | 'goMs' | 'aptMs', number>>;
  /** False: only look, fetch nothing. Default true. */
  install?: boolean;
  /** Told what takes long. */
  log?: (sentence: string) => void;
}

export type Way = 'ASSAY_NATS_SERVER' | 'cache' | 'PATH' | 'release' | 'go install' | 'apt' | 'older cache';

export interface Attempt {
  how: Way;
  reason: string;
}

export interface FoundServer {
  path: string;
  /** "2.15.2" */
  version: string;
  how: Way;
  /** What was tried before, and why it was not that. */
  attempts: Attempt[];
}

/** Its message lists every attempt with its reason, and says what to do. */
export class NatsServerMissing extends Error {
  readonly attempts: readonly Attempt[];
}

/**
 * Finds nats-server 2.9.0 or newer, or fetches it into <ASSAY_HOME or ~/.assay>/cache/nats-server.
 * Throws NatsServerMissing, or an Error when ASSAY_NATS_SERVER names something that will not do.
 */
export function findNatsServer(options?: FindOptions): Promise<FoundServer>;

/** One line for people: version, how it was come by, and where it is. */
export function describeNatsServer(server: Pick<FoundServer, 'path' | 'version' | 'how'>): string;
