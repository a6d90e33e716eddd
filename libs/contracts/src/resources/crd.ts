// A CustomResourceDefinition from a definition of ours: zod's JSON Schema made structural, which the API server wants
// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions).
import { z } from 'zod';
import { artifactResource } from './artifact.ts';
import { type ResourceDefinition, resourceGroup, resourceVersion } from './resource.ts';
import { scanResource } from './scan.ts';
import { sinkResource } from './sink.ts';

export const resourceDefinitions: readonly ResourceDefinition[] = [artifactResource, scanResource, sinkResource];

type Json = Record<string, unknown>;

export function crdOf(definition: ResourceDefinition): Json {
  const { kind, plural, singular, shortNames, description, rules, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${resourceGroup}`, labels: { 'app.kubernetes.io/part-of': 'assay' } },
    spec: {
      group: resourceGroup,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['assay'] },
      versions: [
        {
          name: resourceVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns.map(({ name, type, path, isWide }) => ({
            name,
            type,
            jsonPath: path,
            ...(isWide ? { priority: 1 } : {}),
          })),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['spec'],
              properties: { spec: schemaOf(definition.spec), status: schemaOf(definition.status) },
              ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}),
            },
          },
        },
      ],
    },
  };
}

function schemaOf(schema: z.ZodType): unknown {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }));
}

function structural(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(structural);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { additionalProperties, anyOf, ...rest } = schema as Json;
  const made: Json = {};
  for (const [name, value] of Object.entries(rest))
    made[name] = name === 'properties' ? propertiesOf(value as Json) : structural(value);
  // Unknown members are pruned in any case, and a schema may not say so.
  if (isOpen(additionalProperties)) made['x-kubernetes-preserve-unknown-fields'] = true;
  else if (typeof additionalProperties === 'object') made['additionalProperties'] = structural(additionalProperties);
  if (anyOf !== undefined && made['x-kubernetes-int-or-string'] !== true)
    throw new Error('a structural schema knows no union but x-kubernetes-int-or-string');
  // What numbers in JavaScript can be is nothing to check.
  if (made['maximum'] === Number.MAX_SAFE_INTEGER) delete made['maximum'];
  return made;
}

function propertiesOf(properties: Json): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}

/** A record of anything. */
function isOpen(additional: unknown): boolean {
  return typeof additional === 'object' && additional !== null && Object.keys(additional).length === 0;
}
