// Every setting of the platform, from the schemas that the services read them by.

import { InvalidInput } from '@assay/contracts/errors';
import { type AnyService, nearest, readConfig, sharedConfig, variableOf } from '@assay/runtime';
import type { z } from 'zod';
import type { Env } from './io.ts';

export interface Setting {
  variable: string;
  /** "shared" or the service. */
  service: string;
  meaning: string;
  default: string;
  /** Now; secrets masked. */
  value: string;
  isSet: boolean;
}

const masked = '(set, not shown)';

export function settingsOf(services: readonly AnyService[], env: Env, only?: string): Setting[] {
  const groups: [string, z.ZodObject][] = [
    ['shared', sharedConfig],
    ...services.map((service): [string, z.ZodObject] => [service.name, service.config]),
  ];
  if (only !== undefined && !groups.some(([name]) => name === only))
    throw new InvalidInput(`there is no service "${only}"; known are ${groups.map(([name]) => name).join(', ')}`, {
      code: 'config.service',
    });
  // A service reads what is shared too.
  return groups
    .filter(([name]) => only === undefined || name === only || name === 'shared')
    .flatMap(([name, schema]) =>
      Object.entries(schema.shape).map(([key, field]) => settingOf(name, key, field as z.ZodType, env)),
    );
}

function settingOf(service: string, key: string, field: z.ZodType, env: Env): Setting {
  const variable = variableOf(key, service === 'shared' ? undefined : service);
  const fallback = field.safeParse(undefined);
  const standard = fallback.success && fallback.data !== undefined ? shown(variable, String(fallback.data), false) : '';
  const given = env[variable];
  const isSet = given !== undefined && given !== '';
  return {
    variable,
    service,
    meaning: field.description ?? '',
    default: standard,
    value: isSet ? shown(variable, given, true) : standard,
    isSet,
  };
}

function shown(variable: string, value: string, isGiven: boolean): string {
  if (isGiven && /(KEY|TOKEN|PASSWORD|SECRET)$/.test(variable)) return masked;
  return value.replace(/(\/\/[^/@:]*):[^/@]*@/g, '$1:***@').replace(/\/\/[^/@:,]+@/g, '//***@');
}

/** What is wrong with the ASSAY_ variables of an environment, one sentence each: names that nobody knows, bad values. */
export function mistakesIn(services: readonly AnyService[], env: Env): string[] {
  const names = Object.keys(env).filter((name) => name.startsWith('ASSAY_'));
  const variables = settingsOf(services, {}).map(({ variable }) => variable);
  return names.flatMap((name) => {
    const owner = services.find((service) => name.startsWith(`ASSAY_${service.name.toUpperCase()}_`)) ?? services[0];
    if (!owner) return [];
    try {
      // Each by itself, so that one mistake does not hide another.
      readConfig(owner, { [name]: env[name] });
      return [];
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return [
        error.code === 'config.unknown'
          ? `${name} is not known: did you mean ${nearest(name, variables)}?`
          : error.message,
      ];
    }
  });
}
