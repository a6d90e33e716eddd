// Every adapter: a new one is a folder beside this file and a line here. A spec compares the two.
export { bandit } from './bandit/index.ts';
export { checkov } from './checkov/index.ts';
export { cyclonedx } from './cyclonedx/index.ts';
export { detectSecrets } from './detect-secrets/index.ts';
export { eslint } from './eslint/index.ts';
export { gitleaks } from './gitleaks/index.ts';
export { gosec } from './gosec/index.ts';
export { njsscan } from './njsscan/index.ts';
export { npmAudit } from './npm-audit/index.ts';
export { osvScanner } from './osv-scanner/index.ts';
export { pipAudit } from './pip-audit/index.ts';
export { retire } from './retire/index.ts';
export { sarif } from './sarif/index.ts';
export { secretlint } from './secretlint/index.ts';
export { semgrep } from './semgrep/index.ts';
export { shellcheck } from './shellcheck/index.ts';
export { staticcheck } from './staticcheck/index.ts';
