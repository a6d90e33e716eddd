// The code blocks of the README, for the specs that run them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlatformProcess, root } from '@assay/testing';

/** The block behind `<!-- test: NAME -->`. */
export async function codeBlock(name: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = new RegExp(`<!-- test: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (!block) throw new Error(`README.md has no block <!-- test: ${name} -->`);
  return block;
}

/** Hands in a report with one critical vulnerability. */
export async function submitCritical(platform: PlatformProcess, target: string): Promise<void> {
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    components: [
      {
        type: 'library',
        name: 'log4j-core',
        version: '2.14.1',
        purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
        'bom-ref': 'a',
      },
    ],
    vulnerabilities: [
      {
        id: 'CVE-2021-44228',
        ratings: [{ severity: 'critical' }],
        description: 'Remote code execution in log4j',
        affects: [{ ref: 'a' }],
      },
    ],
  };
  await fetch(`${platform.url}/api/v1/reports?format=cyclonedx&target=${target}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.token}` },
    body: JSON.stringify(bom),
  });
}
