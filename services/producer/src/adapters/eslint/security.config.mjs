// The rules ESLint runs with, whatever the scanned project says. The plugin is the one beside the ESLint that runs, so
// that this file can lie anywhere (a folder without node_modules, a mounted ConfigMap).
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

const security = createRequire(realpathSync(process.argv[1]))('eslint-plugin-security');

export default [
  {
    ...security.configs.recommended,
    files: ['**/*.js', '**/*.mjs', '**/*.cjs', '**/*.jsx'],
    languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } },
  },
];
