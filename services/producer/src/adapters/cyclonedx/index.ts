// CycloneDX 1.2 to 1.7, JSON and XML: inventories (SBOM), vulnerabilities beside them, and statements about them (VEX).
import type { Adapter } from '../../adapter.ts';
import { parseBom } from './parse-bom.ts';

export const cyclonedx: Adapter = {
  name: 'cyclonedx',
  title: 'CycloneDX 1.2 to 1.7, JSON or XML',
  recognises: ({ root, keys, element }) =>
    root === 'xml'
      ? element?.name === 'bom' && element.namespace.startsWith('http://cyclonedx.org/schema/bom/')
      : root === 'object' && keys.has('bomFormat'),
  parse: parseBom,
};
