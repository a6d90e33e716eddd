// One jest project for all that runs with just the repository, one for each suite that needs a server of its own.
// A spec's name says which: `*.spec.ts` runs in `npm test`, `*.mongodb.spec.ts` in `npm run test:mongodb`, and so on.
const named = ['mongodb', 's3', 'python', 'deploy', 'cluster', 'faults'];

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/.nx', '<rootDir>/.claude'],
};

export default {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,services,examples,deploy,tilt}/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...named.map((name) => `\\.${name}\\.spec\\.ts$`)],
    },
    ...named.map((name) => ({
      ...base,
      displayName: name,
      testMatch: [`<rootDir>/{libs,services,examples,deploy,tilt}/**/*.${name}.spec.ts`],
    })),
  ],
  testTimeout: 60_000,
};
