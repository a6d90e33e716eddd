import { describe, expect, it } from '@jest/globals';
import { buildCommand, imageNames, imageOf } from './build.ts';

const target = { registry: 'ghcr.io/assay', version: '1.2.3', epoch: '0' };

describe('images', () => {
  it('there is one for each service, and the command line', async () => {
    expect(await imageNames()).toEqual(['cli', 'consumer', 'enricher', 'executor', 'gateway', 'ledger', 'producer']);
  });

  it.each([
    ['ghcr.io/assay', 'ghcr.io/assay/producer:1.2.3'],
    ['localhost:5000/x/', 'localhost:5000/x/producer:1.2.3'],
  ])('in the registry %s one is called %s', (registry, expected) => {
    expect(imageOf('producer', { registry, version: '1.2.3' })).toBe(expected);
  });

  it.each([
    [
      'buildah',
      'producer',
      'buildah build --isolation chroot --layers --timestamp 0 --identity-label=false ' +
        '--annotation org.opencontainers.image.base.digest= --file DOCKERFILE --target service ' +
        '--build-arg SERVICE=producer --build-arg VERSION=1.2.3 --tag ghcr.io/assay/producer:1.2.3 CONTEXT',
    ],
    [
      'docker',
      'cli',
      'docker buildx build --provenance=false --build-arg SOURCE_DATE_EPOCH=0 --file DOCKERFILE --target cli ' +
        '--build-arg SERVICE=cli --build-arg VERSION=1.2.3 ' +
        '--output type=image,name=ghcr.io/assay/cli:1.2.3,rewrite-timestamp=true CONTEXT',
    ],
  ] as const)('%s builds %s by %s', (builder, name, expected) => {
    const command = buildCommand(builder, name, 'CONTEXT', target).map((word) =>
      word.endsWith('/deploy/images/Dockerfile') ? 'DOCKERFILE' : word,
    );
    expect(command.join(' ')).toBe(expected);
  });

  it('another base is a build argument', () => {
    expect(buildCommand('buildah', 'producer', 'CONTEXT', { ...target, base: 'example.org/node:24' })).toContain(
      'BASE_IMAGE=example.org/node:24',
    );
  });
});
