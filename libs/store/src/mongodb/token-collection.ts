// The gateway's tokens in MongoDB, by their names; there are few.
import type { StoredToken, TokenStore } from '../store.ts';
import type { Connection, Doc } from './connect.ts';

export function tokenCollection(connection: Connection): TokenStore {
  const collection = connection.collection('token');
  return {
    find: (hash) =>
      connection.attempt(async () => {
        const doc = await collection.findOne({ hash });
        return doc ? tokenOf(doc) : undefined;
      }),
    put: (token) => connection.update('token', token.name, () => ({ expiresAt: null, ...token })),
    list: () =>
      connection.attempt(async () => (await collection.find({}, { sort: { _id: 1 } }).toArray()).map(tokenOf)),
    delete: (name) => connection.attempt(async () => (await collection.deleteOne({ _id: name })).deletedCount > 0),
  };
}

function tokenOf(doc: Doc): StoredToken {
  const { name, hash, scopes, createdAt, expiresAt } = doc;
  const token = { name, hash, scopes, createdAt };
  return expiresAt ? { ...token, expiresAt } : token;
}
