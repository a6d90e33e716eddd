// What a container wrote, as the kubelet gives it to the API server.
import { explain, InvalidInput, Transient } from '@assay/contracts';
import { errorOf } from './errors.ts';
import type { LogOptions } from './kube.ts';
import { segment } from './resource-paths.ts';
import type { Transport } from './transport.ts';

export async function* readLogs(transport: Transport, options: LogOptions): AsyncGenerator<Uint8Array> {
  const { namespace, pod, container, follow = false, limitBytes, signal } = options;
  const doing = `read the log of ${pod}/${container}`;
  const answer = await transport.open({
    doing,
    path: `/api/v1/namespaces/${segment(namespace)}/pods/${segment(pod)}/log`,
    query: {
      container,
      follow: follow ? 'true' : undefined,
      limitBytes: limitBytes === undefined ? undefined : String(limitBytes),
    },
    isSlow: follow,
    ...(signal ? { signal } : {}),
  });
  if ('refusal' in answer) {
    const { status, body, text } = answer.refusal;
    const said = body?.message ?? text;
    // The API server's words for a container before its first byte: it has no code for it.
    if (status === 400 && said.includes('is waiting to start'))
      throw new Transient(`could not ${doing} yet: ${said}`, { code: 'kube.log-unready' });
    if (status === 404)
      throw new InvalidInput(`could not ${doing}: ${said}; the pod is gone, and its log with it`, {
        code: 'kube.log-gone',
      });
    throw errorOf(doing, answer.refusal);
  }
  // No content, not an empty one: the pod is on no node yet.
  if (answer.body.statusCode === 204) {
    answer.body.destroy();
    throw new Transient(`could not ${doing} yet: the pod is on no node`, { code: 'kube.log-unready' });
  }
  try {
    for await (const chunk of answer.body) yield chunk;
  } catch (cause) {
    if (signal?.aborted) return;
    throw new Transient(`could not ${doing} to its end: ${explain(cause)}`, { code: 'kube.unreachable', cause });
  } finally {
    answer.body.destroy();
  }
}
