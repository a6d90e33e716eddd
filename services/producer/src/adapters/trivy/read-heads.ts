// First pass over a report: what each result is about, without its lists.
import { InvalidInput } from '@assay/contracts';
import type { Parsing, Report } from '../../adapter.ts';
import { jsonItems } from '../../json-items.ts';
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../../json-values.ts';
import { type Result, resultOf, type Scan } from './result.ts';

/** Lists of resources of a cluster: of all, of a summary, and of the first version. */
const clusterLists = ['Resources', 'Findings', 'Vulnerabilities', 'Misconfigurations'];

/** Where results stand: in a list of their own, in "Results", or in those of a cluster's resources. */
export const resultLists = ['[]', 'Results[]', ...clusterLists.map((list) => `${list}[].Results[]`)];

/** Long parts that no finding is made of. */
export const unread = [
  ...['Metadata', ...clusterLists.map((list) => `${list}[].Metadata`)].flatMap((metadata) =>
    ['ImageConfig', 'Layers', 'DiffIDs'].map((name) => `${metadata}.${name}`),
  ),
  ...resultLists.flatMap((list) => ['Packages', 'CustomResources'].map((name) => `${list}.${name}`)),
];

const lists = ['Vulnerabilities', 'Misconfigurations', 'Secrets', 'Licenses', 'ExperimentalModifiedFindings'];

/** Finds the result that an item belongs to, by the item's pattern and indexes. */
export type Results = (at: string, indexes: readonly number[]) => Result;

/** Throws InvalidInput "report.format" when this is no report of Trivy's. */
export async function readHeads(report: Report, parsing: Parsing): Promise<Results> {
  const skip = [...unread, ...resultLists.flatMap((list) => lists.map((name) => `${list}.${name}`))];
  const reader = jsonItems(report.open(), [], { skip });
  let step = await reader.next();
  while (!step.done) step = await reader.next();
  const rest = step.value;
  if (Array.isArray(rest)) {
    const results = resultsOf(rest, noScan);
    return (_at, [index = 0]) => results[index] ?? nothing;
  }
  const document = objectOf(rest);
  parsing.tool('trivy', textOf(objectOf(document['Trivy'])['Version']));
  if ('ClusterName' in document) return clusterHeads(document, parsing);
  if (!('SchemaVersion' in document) && !('Results' in document)) {
    throw notTrivys();
  }
  const found = listIn(document, 'Results');
  const scan = scanOf(document, textOf(document['ArtifactType']), '');
  noteEndOfLife(document, textOf(document['ArtifactName']), parsing);
  const results = resultsOf(found, scan);
  return (_at, [index = 0]) => results[index] ?? nothing;
}

// Every result has a target. What has none is another tool's list, or Trivy's report of a benchmark (--compliance): read as
// a scan they would be one that found nothing.
function resultsOf(found: readonly unknown[], scan: Scan): Result[] {
  return found.map((value) => {
    if (!isObject(value) || typeof value['Target'] !== 'string') throw notTrivys();
    return resultOf(value, scan);
  });
}

function notTrivys(): InvalidInput {
  return new InvalidInput(
    'The report is not Trivy’s JSON (--format json): it needs "SchemaVersion" and "Results", or a list of results, each with its "Target".',
    { code: 'report.format' },
  );
}

// A resource that could not be scanned says so, and the cluster's report is partial then.
function clusterHeads(document: JsonObject, parsing: Parsing): Results {
  const byList = new Map(
    clusterLists.map((list) => [
      list,
      listIn(document, list).map((value) => {
        const resource = objectOf(value);
        const name = [resource['Namespace'], resource['Kind'], resource['Name']].map(textOf).filter(Boolean).join('/');
        const error = textOf(resource['Error']);
        if (error) parsing.partial(`not scanned: ${name}: ${error}`);
        const scan = scanOf(resource, 'kubernetes', name);
        return resultsOf(listIn(resource, 'Results'), scan);
      }),
    ]),
  );
  return (at, [resource = 0, index = 0]) => byList.get(at.slice(0, at.indexOf('[')))?.[resource]?.[index] ?? nothing;
}

// Trivy leaves out a list that is empty.
function listIn(document: JsonObject, name: string): readonly unknown[] {
  const value = document[name];
  if (value === undefined || value === null || Array.isArray(value)) return listOf(value);
  throw new InvalidInput(`"${name}" of the report is no list; submit Trivy’s own JSON (--format json).`, {
    code: 'report.format',
  });
}

function scanOf(holder: JsonObject, artifactType: string, resource: string): Scan {
  const os = objectOf(objectOf(holder['Metadata'])['OS']);
  return { artifactType, resource, osFamily: textOf(os['Family']), osName: textOf(os['Name']) };
}

// For an end-of-life distribution nobody publishes advisories any more: few findings mean little.
function noteEndOfLife(document: JsonObject, artifact: string, parsing: Parsing): void {
  const os = objectOf(objectOf(document['Metadata'])['OS']);
  if (os['EOSL'] !== true) return;
  parsing.note(`${artifact}: ${textOf(os['Family'])} ${textOf(os['Name'])} is no longer maintained by its distributor`);
}

const noScan: Scan = { artifactType: '', resource: '', osFamily: '', osName: '' };
const nothing: Result = resultOf({}, noScan);
