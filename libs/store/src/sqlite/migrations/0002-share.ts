/** Entries about findings that several tools may witness. */
export const share = 'ALTER TABLE entry ADD COLUMN is_shared INTEGER NOT NULL DEFAULT 0;';
