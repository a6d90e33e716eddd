// A connection to an API server: from a kubeconfig, or from what a pod is given. @kubernetes/client-node reads both, and
// does what users of them may name: certificates, tokens that are renewed, programs that make tokens, proxies.
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { explain, InvalidInput } from '@assay/contracts';
import { KubeConfig } from '@kubernetes/client-node';
import type { Kube } from './kube.ts';
import { KubeClient } from './kube-client.ts';
import { Transport } from './transport.ts';

export interface ConnectOptions {
  /** File. Default: those of KUBECONFIG; in a pod its own service account; else ~/.kube/config. */
  kubeconfig?: string;
  /** Of the kubeconfig. Default: its current one. */
  context?: string;
  /** Of objects that name none. Default: the context's, or the pod's own; else "default". */
  namespace?: string;
}

/** Opens nothing yet: `ping` says whether the server is there. InvalidInput "kube.config" when nothing says where it is. */
export async function connectKube(options: ConnectOptions = {}): Promise<Kube> {
  const config = readConfig(options.kubeconfig);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const name = config.getCurrentContext();
  const context = config.getContextObject(name);
  if (!context) {
    const known = config.getContexts().map((one) => one.name);
    throw invalid(
      `the kubeconfig has no context ${JSON.stringify(name ?? '')}; it has ${known.join(', ') || 'none'}: name one of them, or "kubectl config use-context" one`,
    );
  }
  const server = config.getCurrentCluster()?.server;
  if (!server || !URL.canParse(server))
    throw invalid(`context ${JSON.stringify(name)} has no cluster with the URL of a server: see "kubectl config view"`);
  // Only where one has said so: a token would go over the wire for all to read. The client asks for the same word.
  if (server.startsWith('http:') && !config.getCurrentCluster()?.skipTLSVerify)
    throw invalid(
      `${server} is not encrypted: use https, or set insecure-skip-tls-verify: true for the cluster in the kubeconfig`,
    );
  return new KubeClient(new Transport(config, server), options.namespace ?? (context.namespace?.trim() || 'default'));
}

function readConfig(file: string | undefined): KubeConfig {
  const files = filesOf(file);
  const config = new KubeConfig();
  try {
    if (files.length === 0) config.loadFromCluster();
    for (const [index, path] of files.entries()) {
      if (index === 0) config.loadFromFile(path);
      else mergeFile(config, path);
    }
  } catch (cause) {
    const repair = 'write one there, or name another with --kubeconfig or KUBECONFIG';
    throw invalid(
      `no connection to Kubernetes: could not read ${files.join(', ')} (${explain(cause)}); ${repair}`,
      cause,
    );
  }
  return config;
}

function filesOf(file: string | undefined): string[] {
  if (file !== undefined) return [file];
  const given = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  if (given.length > 0) return given;
  return process.env['KUBERNETES_SERVICE_HOST'] ? [] : [join(homedir(), '.kube', 'config')];
}

// As kubectl does it: of two with one name the first holds.
function mergeFile(config: KubeConfig, path: string): void {
  const more = new KubeConfig();
  more.loadFromFile(path);
  config.clusters.push(...more.clusters.filter(({ name }) => !config.getCluster(name)));
  config.users.push(...more.users.filter(({ name }) => !config.getUser(name)));
  config.contexts.push(...more.contexts.filter(({ name }) => !config.getContextObject(name)));
  config.currentContext ||= more.currentContext;
}

function invalid(message: string, cause?: unknown): InvalidInput {
  return new InvalidInput(message, { code: 'kube.config', cause });
}
