// The programs that build and push images, and how each is told to give the same image every time.
import { spawn } from 'node:child_process';
import { InvalidInput } from '@assay/contracts';

const builders = ['buildah', 'docker'] as const;
export type Builder = (typeof builders)[number];

/** Throws InvalidInput "images.builder". */
export function builderNamed(name: string): Builder {
  const builder = builders.find((each) => each === name);
  if (builder) return builder;
  throw new InvalidInput(`--builder must be one of ${builders.join(', ')}`, { code: 'images.builder' });
}

export interface Build {
  readonly image: string;
  /** The folder that is built from. */
  readonly context: string;
  /** Seconds since 1970 that every file and the image have. */
  readonly epoch: string;
  /** Flags that all builders know. */
  readonly common: readonly string[];
}

export function commandOf(builder: Builder, { image, context, epoch, common }: Build): string[] {
  if (builder === 'buildah')
    // Isolation by chroot needs no other program and no rights that a container would not give.
    return [
      'buildah',
      'build',
      '--isolation',
      'chroot',
      '--layers',
      '--timestamp',
      epoch,
      // What else would tell one machine's image from another's: the builder's version, and the digest of its own copy
      // of the base.
      '--identity-label=false',
      '--annotation',
      'org.opencontainers.image.base.digest=',
      ...common,
      '--tag',
      image,
      context,
    ];
  return [
    'docker',
    'buildx',
    'build',
    '--provenance=false',
    '--build-arg',
    `SOURCE_DATE_EPOCH=${epoch}`,
    ...common,
    '--output',
    `type=image,name=${image},rewrite-timestamp=true`,
    context,
  ];
}

export function pushCommand(builder: Builder, image: string): string[] {
  return builder === 'buildah'
    ? ['buildah', 'push', '--quiet', image, `docker://${image}`]
    : ['docker', 'push', '--quiet', image];
}

/** Runs quietly; what it wrote is shown only when it fails. */
export async function run([program = '', ...args]: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const written: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => written.push(chunk));
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new InvalidInput(`${program} does not run: install it, or choose another --builder`, {
          code: 'images.builder',
          cause,
        }),
      ),
    );
    child.once('close', (code) => {
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(written));
      reject(new InvalidInput(`${program} ${args[0]} failed (exit code ${code})`, { code: 'images.build' }));
    });
  });
}
