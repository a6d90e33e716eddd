import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { decodeContent, encodeContent } from './content-encoding.ts';

const findings = Buffer.from('{"rule":"G401","title":"Use of weak cryptographic primitive"}\n'.repeat(1000));

describe('the content encoding of payloads', () => {
  it('leaves small ones as they are', () => {
    const small = findings.subarray(0, 4000);
    expect(encodeContent(small)).toEqual({ payload: small });
  });

  it('makes larger ones small, and whole again', () => {
    const { payload, encoding } = encodeContent(findings);
    expect(encoding).toBe('zstd');
    expect(payload.length).toBeLessThan(findings.length / 10);
    expect(decodeContent(payload, encoding, 'assay.finding.reported.gosec')).toEqual(findings);
  });

  it.each([
    [undefined, findings],
    ['identity', findings],
    ['gzip', gzipSync(findings)],
    ['zstd', zstdCompressSync(findings)],
  ])('reads %s', (encoding, payload) => {
    expect(decodeContent(payload, encoding, 'assay.finding.reported.gosec')).toEqual(findings);
  });

  it.each([
    ['br', findings, '"br" on assay.x is not known: send zstd, gzip or none'],
    ['zstd', findings, 'is no zstd'],
    ['gzip', gzipSync(findings).subarray(0, 40), 'is no gzip'],
    ['zstd', zstdCompressSync(Buffer.alloc(65 * 1024 * 1024)), 'more than 67108864 bytes'],
    ['gzip', gzipSync(Buffer.alloc(65 * 1024 * 1024)), 'more than 67108864 bytes'],
  ])('refuses %s that is unknown, broken or a bomb', (encoding, payload, message) => {
    expect(() => decodeContent(payload, encoding, 'assay.x')).toThrow(
      expect.objectContaining({ code: 'event.content-encoding', message: expect.stringContaining(message) }),
    );
  });
});
