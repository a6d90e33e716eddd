// Reports of other formats, of any length and the same for the same length: SARIF as a code scanner writes it, and a
// CycloneDX BOM with as many vulnerabilities as a scan of a large image tree has.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

type Put = (text: string) => Promise<void>;

/** One rule for every 2000 results, each with a place and its lines. Resolves with the file's bytes. */
export function writeSarifReport(file: string, results: number): Promise<number> {
  return writeWhole(file, async (put) => {
    const rules = Array.from({ length: Math.max(1, Math.ceil(results / 2000)) }, (_, index) => ({
      id: `CWE-${index + 20}`,
      shortDescription: { text: `Unchecked input reaches a sensitive call (${index})` },
      defaultConfiguration: { level: index % 2 ? 'warning' : 'error' },
      properties: { tags: [`external/cwe/cwe-${index + 20}`] },
    }));
    const driver = JSON.stringify({ name: 'codeql', version: '2.20.0', rules });
    await put(`{"version":"2.1.0","runs":[{"tool":{"driver":${driver}},"results":[`);
    for (let index = 0; index < results; index++) {
      const line = (index % 20) * 10 + 7;
      const region = {
        startLine: line,
        startColumn: 3,
        snippet: { text: `  const row${index} = query(input${index});` },
      };
      const physicalLocation = { artifactLocation: { uri: `src/module${Math.floor(index / 20)}.js` }, region };
      const rule = index % rules.length;
      const message = { text: `Input of request ${index % 100} is used in a query.` };
      const result = { ruleId: rules[rule]?.id, ruleIndex: rule, message, locations: [{ physicalLocation }] };
      await put(`${index ? ',' : ''}${JSON.stringify(result)}`);
    }
    await put(']}]}');
  });
}

/** Ten vulnerabilities a component. Resolves with the file's bytes. */
export function writeCyclonedxReport(file: string, vulnerabilities: number): Promise<number> {
  return writeWhole(file, async (put) => {
    await put('{"bomFormat":"CycloneDX","specVersion":"1.6","components":[');
    const components = Math.ceil(vulnerabilities / 10);
    for (let index = 0; index < components; index++) {
      const purl = `pkg:npm/package-${index}@1.${index % 50}.0`;
      const component = {
        type: 'library',
        'bom-ref': purl,
        name: `package-${index}`,
        version: `1.${index % 50}.0`,
        purl,
      };
      await put(`${index ? ',' : ''}${JSON.stringify(component)}`);
    }
    await put('],"vulnerabilities":[');
    for (let index = 0; index < vulnerabilities; index++) {
      const component = Math.floor(index / 10);
      const vulnerability = {
        id: `CVE-${2010 + (index % 15)}-${10_000 + (index % 80_000)}`,
        source: { name: 'NVD' },
        ratings: [{ method: 'CVSSv31', score: (index % 100) / 10, severity: ['low', 'medium', 'high'][index % 3] }],
        cwes: [79],
        description: `A crafted request makes parser ${index % 500} read beyond its input.`,
        affects: [{ ref: `pkg:npm/package-${component}@1.${component % 50}.0` }],
      };
      await put(`${index ? ',' : ''}${JSON.stringify(vulnerability)}`);
    }
    await put(']}');
  });
}

async function writeWhole(file: string, write: (put: Put) => Promise<void>): Promise<number> {
  const out = createWriteStream(file);
  let bytes = 0;
  await write(async (text) => {
    bytes += Buffer.byteLength(text);
    if (!out.write(text)) await once(out, 'drain');
  });
  out.end();
  await once(out, 'finish');
  return bytes;
}
