// What can be known of a sink without opening it.
import type { SinkSpec } from '@assay/contracts';
import { compileFilter, type Filter, passAll } from './compile-filter.ts';
import { holdsFindings } from './read-items.ts';
import type { SinkType } from './sink.ts';
import { sinkTypeOf } from './sinks/by-name.ts';
import { compileTemplates, type Template } from './template.ts';

export interface CheckedSpec {
  type: SinkType;
  filter: Filter;
  templates: Record<string, Template>;
}

/** Throws InvalidInput "sink.*" when the sink can never run as it is declared. */
export function checked({ type: name, config, template = {}, filter, subject }: SinkSpec): CheckedSpec {
  const type = sinkTypeOf(name);
  type.check(config);
  const templates = compileTemplates(template, type.templates);
  const of = holdsFindings(subject) ? 'findings' : 'events';
  return { type, templates, filter: filter ? compileFilter(filter, of) : passAll };
}
