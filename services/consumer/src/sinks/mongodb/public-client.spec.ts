import { InvalidInput, Transient } from '@assay/contracts';
import { describe, expect, it } from '@jest/globals';
import { errorOf, testContext } from '../../testing/sink-context.ts';
import { mongodb } from './index.ts';

const open = (url: string) =>
  mongodb.open(
    { database: 'd', collection: 'c', timeoutMs: 100 },
    { url },
    testContext({ allowsPrivateAddresses: false }),
  );

describe('a mongodb sink that may not reach the inner network', () => {
  it.each([
    ['mongodb://10.0.0.1/', 'no public address'],
    ['mongodb://[::1]:27017/', 'no public address'],
    ['mongodb://[::ffff:169.254.169.254]/', 'no public address'],
    ['mongodb://%2Ftmp%2Fmongodb.sock/', 'one host'],
    ['mongodb://a.example.com,b.example.com/', 'exactly one host'],
    ['mongodb+srv://a.example.com/', 'the address of the MongoDB server is wrong'],
    ['mongodb://a.example.com/?proxyHost=10.0.0.1', 'without a proxy'],
    ['mongodb://a.example.com/?authMechanism=MONGODB-AWS', 'MONGODB-AWS'],
    ['mongodb://a.example.com/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s', 'MONGODB-OIDC'],
    ['mongodb://a.example.com/?tls=true&tlsCAFile=/etc/passwd', 'tlsCAFile'],
    ['mongodb://a.example.com/?tls=true&tlsCertificateKeyFile=/etc/passwd', 'tlsCertificateKeyFile'],
    ['nonsense', 'the address of the MongoDB server is wrong'],
  ])('is refused at %s', async (url, reason) => {
    const error = await errorOf(open(url));
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error.message).toContain(reason);
  });

  // A name is refused where it was resolved: it may lead elsewhere tomorrow.
  it.each(['mongodb://localhost:1/', 'mongodb://0x7f.1:1/', 'mongodb://localhost:1/?directConnection=false&tls=true'])(
    'does not connect to what %s resolves to',
    async (url) => {
      const error = await errorOf(open(url));
      expect(error).toBeInstanceOf(Transient);
      expect(error.message).toContain('no public address');
    },
  );
});
