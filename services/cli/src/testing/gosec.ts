// A report of gosec with as many findings as a spec wants.
export function gosec(count: number): string {
  const issue = (line: number) => ({
    severity: 'HIGH',
    confidence: 'HIGH',
    cwe: { id: '89', url: 'https://cwe.mitre.org/data/definitions/89.html' },
    rule_id: 'G201',
    details: 'SQL string formatting',
    file: '/src/main.go',
    code: `${line}: query ${line}`,
    line: String(line),
    column: '2',
    nosec: false,
    suppressions: null,
  });
  const Issues = Array.from({ length: count }, (_, index) => issue(index + 1));
  return JSON.stringify({
    'Golang errors': {},
    Issues,
    Stats: { files: 1, lines: 1, nosec: 0, found: count },
    GosecVersion: 'dev',
  });
}
