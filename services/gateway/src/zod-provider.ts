// Zod in Fastify: requests are parsed by the same schemas that openapi.json is made of.
import { InvalidInput } from '@assay/contracts';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifySchemaCompiler,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { z } from 'zod';

export interface ZodProvider extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodProvider
>;

export const parseWithZod: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data) => {
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    return { error: invalid(result.error, httpPart ?? 'request') };
  };
};

const places: Readonly<Record<string, string>> = { querystring: 'the query', params: 'the path', body: 'the body' };

/** The first things that are wrong, each with its place: "the query, limit: Too big". */
function invalid({ issues }: z.ZodError, part: string): InvalidInput {
  const sentences = issues
    .slice(0, 5)
    .map(
      (issue) =>
        `${[places[part] ?? part, ...(issue.path.length ? [issue.path.join('.')] : [])].join(', ')}: ${issue.message}`,
    );
  return new InvalidInput(sentences.join('; '), { code: 'request.invalid' });
}

/** One value or several, repeated or separated by commas, each one of the names. */
export function listOf(names: readonly string[]) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((each) => each.split(',')))
    .pipe(z.array(z.enum(names as [string, ...string[]])).max(20));
}

/** A query parameter that may be given several times. */
export function repeatable(most: number) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat())
    .pipe(z.array(z.string().max(4096)).max(most));
}

/** What every list takes. */
export const page = {
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Most items'),
  after: z.string().min(1).max(1024).optional().describe('`next` of the page before'),
};

/** Text of people: bounded, no control characters. */
export function text(most = 1024) {
  return z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');
}

/** An object without the members that are undefined, as exact optional properties want it. */
export function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
