import { describe, expect, it } from '@jest/globals';
import { imageAt } from './images.ts';

describe('an image of a task', () => {
  const choice = { registry: 'registry.example.com/assay', version: '2.0.0' };
  it.each([
    ['ghcr.io/assay/cli:0.1.0', 'registry.example.com/assay/cli:2.0.0'],
    // Of the tool, not of Assay.
    ['ghcr.io/assay/tool-bandit:1.9.4', 'registry.example.com/assay/tool-bandit:1.9.4'],
    ['docker.io/library/busybox:1', 'docker.io/library/busybox:1'],
    ['ghcr.io/assay/cli@sha256:0', 'ghcr.io/assay/cli@sha256:0'],
  ])('%s is taken from %s', (image, expected) => {
    expect(imageAt(image, choice)).toBe(expected);
  });
});
