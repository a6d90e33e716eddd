// The gateway's tokens in SQLite, by their hashes.
import type { StoredToken, TokenStore } from '../store.ts';
import type { Database, Row } from './database.ts';
import { text } from './entry-rows.ts';

export function tokenTable(db: Database): TokenStore {
  return {
    find: async (hash) => {
      const row = db.get('SELECT * FROM token WHERE hash = ?', hash);
      return row && tokenOf(row);
    },
    put: async ({ name, hash, scopes, createdAt, expiresAt }) => {
      db.run(
        `INSERT INTO token (name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes,
           created_at = excluded.created_at, expires_at = excluded.expires_at`,
        name,
        hash,
        JSON.stringify(scopes),
        createdAt,
        expiresAt ?? null,
      );
      await db.settled();
    },
    list: async () => db.all('SELECT * FROM token ORDER BY name').map(tokenOf),
    delete: async (name) => {
      const isDeleted = db.run('DELETE FROM token WHERE name = ?', name) > 0;
      await db.settled();
      return isDeleted;
    },
  };
}

function tokenOf(row: Row): StoredToken {
  const token = {
    name: text(row, 'name'),
    hash: text(row, 'hash'),
    scopes: JSON.parse(text(row, 'scopes')) as string[],
    createdAt: text(row, 'created_at'),
  };
  return row['expires_at'] === null ? token : { ...token, expiresAt: text(row, 'expires_at') };
}
