// assay setup
import { InvalidInput, Transient } from '@assay/contracts/errors';
import { type Define, integer, pairs } from '../command.ts';

interface Options {
  server?: string;
  secret: Record<string, string>;
  timeout: number;
}

export const define: Define = (command, io) => {
  command
    .option(
      '--server <statefulset>',
      'nats-server that takes its users from the Secret assay-nats; restarted when they change',
    )
    .option('--secret <service=name>', 'the Secret of a service where it is not assay-SERVICE; repeatable', pairs, {})
    .option('--timeout <seconds>', 'how long nats-server may take to answer', integer(1, 86_400), 600)
    .example('assay setup --server nats', 'in the cluster, as the Job of deploy/kustomize does')
    .example(
      'assay setup',
      'the same for a nats-server of your own, which must include users.conf of the Secret assay-nats',
    )
    .does(io, async ({ server, secret, timeout }: Options) => {
      const { connectKube } = await import('@assay/kube');
      const { readSharedConfig } = await import('@assay/runtime');
      const { ensureSecrets, owners } = await import('../setup/secrets.ts');
      const { ensureServerUsers } = await import('../setup/server-users.ts');
      const { prepareBus } = await import('../setup/prepare-bus.ts');
      const stranger = Object.keys(secret).find((name) => !owners.includes(name));
      if (stranger !== undefined)
        throw new InvalidInput(`--secret ${stranger}=…: there is no such service; there are ${owners.join(', ')}`, {
          code: 'setup.secret',
        });
      const onProgress = (line: string) => io.err.put(`${line}\n`);
      const shared = readSharedConfig(io.env);
      const kube = await connectKube();
      const secrets = await ensureSecrets(kube, { names: secret, onProgress });
      await ensureServerUsers(kube, secrets, { blobsUrl: shared.blobsUrl, statefulSet: server, onProgress });
      const seed = secrets.get('admin')?.nkey;
      if (!seed) throw new Transient('the Secret of admin has no nkey: start again', { code: 'setup.admin' });
      await prepareBus({ shared, seed, timeoutMs: timeout * 1000, onProgress, signal: io.signal });
      await io.out.line('streams, buckets and durables are there');
      return undefined;
    });
};
