import { describe, expect, it } from '@jest/globals';
import { lastLine, logTail, maxTailBytes } from './readable-log.ts';

describe('a log tail', () => {
  it.each([
    ['plain words', 'gosec failed: no packages', 'gosec failed: no packages'],
    ['the run’s own token', 'sent s3cret-token!', 'sent [redacted]'],
    ['a GitHub token', 'got ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'got [redacted]'],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE here', '[redacted] here'],
    ['a password in an address', 'GET https://me:hunter2@host/x', 'GET https://[redacted]@host/x'],
    ['a header', 'Authorization: Bearer abcdef123456', 'Authorization: [redacted] [redacted]'],
    ['an assignment', 'password=correcthorse done', 'password=[redacted] done'],
    ['a properties file', 'db.password = S3cr3tPassw0rd', 'db.password = [redacted]'],
    ['an option', 'mysql --db-password hunter2x', 'mysql --db-password [redacted]'],
    ['a user of curl', 'curl -u admin:hunter2', 'curl -u admin:[redacted]'],
    ['XML', '<db_password>hunter2</db_password>', '<db_password>[redacted]</db_password>'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[redacted]'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx', '[redacted]\nx'],
    ['a private key cut off', '-----BEGIN PRIVATE KEY-----\nMIIE', '[redacted]'],
    [
      'a long path',
      '/workspace/source/some/very/long/path/to/file1.js',
      '/workspace/source/some/very/long/path/to/file1.js',
    ],
    ['colours and control characters', '\u001b[31mred\u001b[0m\u0007', 'red'],
  ])('shows %s as it may', (_, output, expected) => {
    expect(logTail(output, ['s3cret-token!'])).toBe(expected);
  });

  it('is the end, from the start of a line, in whole characters', () => {
    const tail = logTail(`${'ä'.repeat(3000)}\n${'ü\n'.repeat(1500)}end`, []);
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(maxTailBytes);
    expect(tail).toMatch(/^(ü\n)+end$/);
  });

  it.each([
    ['a\nb\n\n', 'b'],
    ['', ''],
  ])('of %j has the last line %j', (tail, line) => {
    expect(lastLine(tail)).toBe(line);
  });
});
