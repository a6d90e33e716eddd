import { describe, expect, it } from '@jest/globals';
import { MongoClient, MongoNetworkError } from 'mongodb';
import { Connection } from './connect.ts';

describe('a MongoDB server that goes away', () => {
  // The driver passes on as it is what a socket says that breaks in the midst of a write.
  it.each([
    ['as the driver says it', new MongoNetworkError('connection 3 to 127.0.0.1:27017 closed')],
    ['as the socket says it', Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', syscall: 'write' })],
    ['as the socket says it, halfway', Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })],
  ])('is nobody’s fault, and work on it is tried again: %s', async (_, error) => {
    const client = new MongoClient('mongodb://127.0.0.1:1');
    const connection = new Connection(client, client.db('assay'));
    await expect(connection.attempt(() => Promise.reject(error))).rejects.toMatchObject({
      name: 'Transient',
      code: 'store.unavailable',
    });
  });
});
