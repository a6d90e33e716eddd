// The words people and subjects use for the contract's enums.
import {
  Assessment,
  Completeness,
  Confidence,
  DeliveryOutcome,
  Kind,
  Outcome,
  Severity,
  Transition,
} from '../generated/messages.ts';

/** Two-way names of an enum: "high" ↔ Severity.HIGH. */
function names<E extends Record<string, number>>(values: E) {
  type Value = E[keyof E];
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value as Value]));
  const byValue = new Map([...byName].map(([name, value]) => [value, name]));
  return {
    all: [...byName.keys()] as readonly string[],
    /** The name of a value; "unspecified" for one that is not known. */
    of: (value: number): string => byValue.get(value as Value) ?? 'unspecified',
    /** The value of a name, in any case; undefined when there is none. */
    parse: (name: string): Value | undefined => byName.get(name.toLowerCase()),
  };
}

export const severityNames = names(Severity);
export const transitionNames = names(Transition);
export const confidenceNames = names(Confidence);
export const kindNames = names(Kind);
export const outcomeNames = names(Outcome);
export const assessmentNames = names(Assessment);
export const completenessNames = names(Completeness);
export const deliveryOutcomeNames = names(DeliveryOutcome);
