// Dependency-Check's JSON.
import { InvalidInput } from '@assay/contracts';
import type { Report } from '../../adapter.ts';
import { jsonItems } from '../../json-items.ts';
import { objectOf } from '../../json-values.ts';
import type { Header } from './header.ts';

export async function* jsonDependencies(report: Report, tell: (part: Header) => void): AsyncGenerator<unknown[], void> {
  const items = jsonItems(report.open(), ['dependencies[]']);
  let step = await items.next();
  for (; !step.done; step = await items.next()) yield step.value.map(({ value }) => value);
  const rest = objectOf(step.value);
  // Other tools list dependencies, too: read as this one's they would have no vulnerability.
  if (!Array.isArray(rest['dependencies']) || !('reportSchema' in rest)) {
    throw new InvalidInput(
      'The report has no "reportSchema" and list of "dependencies": it is not Dependency-Check’s JSON.',
      { code: 'report.format' },
    );
  }
  tell({ scanInfo: objectOf(rest['scanInfo']), projectInfo: objectOf(rest['projectInfo']) });
}
