import { loadComponents } from '@assay/executor';
import { describe, expect, it } from '@jest/globals';
import { buildCommand, toolImageOf } from './build.ts';
import { toolImages } from './context.ts';

const tools = await toolImages();
const target = { registry: 'ghcr.io/assay', epoch: '0' };

function tool(name: string) {
  const found = tools.find((it) => it.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

describe('images of scanners', () => {
  it('there is one for each scan step that names one', async () => {
    const named = (await loadComponents()).flatMap(({ steps }) => steps.flatMap(({ image }) => image ?? []));
    const images = tools.map((it) => toolImageOf(it, target));
    expect(images.sort()).toEqual(named.filter((image) => image.startsWith('ghcr.io/assay/tool-')).sort());
    expect(images).toContain('ghcr.io/assay/tool-bandit:1.9.4');
  });

  it.each([
    [
      'bandit',
      'wheels --build-arg BASE_IMAGE=docker.io/library/debian:bookworm-slim --build-arg PACKAGES=python3 python3-venv ' +
        '--build-arg NAME=bandit --build-arg VERSION=1.9.4 --build-arg SPEC=bandit[sarif]==1.9.4',
    ],
    [
      'gitleaks',
      'files --build-arg BASE_IMAGE=docker.io/library/debian:bookworm-slim --build-arg PACKAGES= ' +
        '--build-arg NAME=gitleaks --build-arg VERSION=8.30.1',
    ],
    [
      'retire',
      'files --build-arg BASE_IMAGE=docker.io/library/node:24-bookworm-slim --build-arg PACKAGES= ' +
        '--build-arg NAME=retire --build-arg VERSION=5.7.0',
    ],
    [
      'findsecbugs',
      'files --build-arg BASE_IMAGE=docker.io/library/debian:bookworm-slim --build-arg PACKAGES=default-jre-headless ' +
        '--build-arg NAME=findsecbugs --build-arg VERSION=4.8.6',
    ],
  ])('%s is built as %s', (name, expected) => {
    const command = buildCommand('buildah', tool(name), 'CONTEXT', target).join(' ');
    expect(command).toContain(` --target ${expected} `);
    expect(command).toMatch(new RegExp(` --tag ${toolImageOf(tool(name), target)} CONTEXT$`));
  });
});
