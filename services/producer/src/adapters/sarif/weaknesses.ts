// Numbers of weaknesses and vulnerabilities in the words of tags and ids.

/** 79 of "external/cwe/cwe-079", "CWE-79: Cross-site Scripting", "cwe:79", and what is known; sorted, each once. */
export function cwesIn(texts: Iterable<string>, known: readonly number[] = []): number[] {
  const found = new Set<number>(known);
  for (const text of texts) {
    // Most texts name none, and matchAll copies its pattern each time.
    if (!/cwe/i.test(text)) continue;
    for (const [, digits] of text.matchAll(/\bcwe[-_:/ ]{0,2}0*([1-9]\d{0,4})(?!\d)/gi)) found.add(Number(digits));
  }
  return [...found].sort((a, b) => a - b);
}

/** "CVE-2021-44228" wherever it is named; in order, each once. */
export function cvesIn(texts: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    if (!/cve-/i.test(text)) continue;
    for (const [cve] of text.matchAll(/\bCVE-\d{4}-\d{4,19}(?!\d)/gi)) found.add(cve.toUpperCase());
  }
  return [...found];
}

/** No database gives a longer id. */
const maxIdChars = 100;

/** Whether a rule's id is the id of a known vulnerability rather than of a check. */
export function isVulnerabilityId(id: string): boolean {
  if (id.length > maxIdChars) return false;
  return /^(CVE-\d{4}-\d+|GHSA(-[23456789cfghjmpqrvwx]{4}){3}|(GO|PYSEC|RUSTSEC|OSV|MAL|SNYK|DSA|RHSA|USN)-[\w-]*\d[\w-]*)$/i.test(
    id,
  );
}
