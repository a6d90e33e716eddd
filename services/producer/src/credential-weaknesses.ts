// Weaknesses of the CWE that are about credentials: what is flagged holds a secret.

/** CWE-259, 321 and 798: credentials and keys in source. */
export const hardCodedCredentials: ReadonlySet<number> = new Set([259, 321, 798]);

/** And CWE-522: credentials without protection. */
export const exposedCredentials: ReadonlySet<number> = new Set([...hardCodedCredentials, 522]);
