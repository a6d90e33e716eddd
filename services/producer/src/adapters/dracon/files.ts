// What others need who read or write Dracon's files: programs of a run that know no other form of findings.
export { decodeEnrichedIssue, type EnrichedIssue, type Issue, types } from './messages.ts';
export { isMessage, type Shape, shapeOf } from './shape.ts';
export { wireFields } from './wire.ts';
