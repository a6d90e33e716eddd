import { maySecret } from '@assay/contracts/secret-patterns';
import { describe, expect, it } from '@jest/globals';
import { keyLinesOf, literalsOf, Redactor } from './redact.ts';

const redactor = new Redactor('key');

// Built from parts, so that no scanner takes this file for a leak.
const of = (...parts: string[]) => parts.join('');
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789';
const awsKey = of('wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMPLEKEY');
const pem = of('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEow', letters, '\n-----END RSA PRIVATE', ' KEY-----');

describe('Redactor.shown', () => {
  it.each([
    ['an Amazon key', of('AKIA', 'IOSFODNN7EXAMPLE'), of('id AKIA', 'IOSFODNN7EXAMPLE.'), 'id [redacted].'],
    ['a GitHub token', letters.slice(0, 36), of('gh', 'p_', letters.slice(0, 36)), '[redacted]'],
    ['a fine-grained GitHub token', letters, of('github', '_pat_', letters), '[redacted]'],
    ['a GitLab token', letters.slice(0, 20), of('gl', 'pat-', letters.slice(0, 20)), '[redacted]'],
    ['a Slack token', letters.slice(0, 20), of('xo', 'xb-', letters.slice(0, 20)), '[redacted]'],
    ['an npm token', letters.slice(0, 36), of('np', 'm_', letters.slice(0, 36)), '[redacted]'],
    ['a PyPI token', letters, of('py', 'pi-', letters), '[redacted]'],
    ['a Google key', letters.slice(0, 35), of('AI', 'za', letters.slice(0, 35)), '[redacted]'],
    ['a Stripe key', letters.slice(0, 24), of('sk', '_live_', letters.slice(0, 24)), '[redacted]'],
    ['a JWT', 'eyJzdWIiOiIxMjM0In0', of('ey', 'JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'), '[redacted]'],
    ['a PEM key', 'MIIEow', `key:\n${pem}\nend`, 'key:\n[redacted]\nend'],
    ['a PEM key that is cut off', 'MIIEow', pem.slice(0, 60), '[redacted]'],
    ['the end of a PEM key', letters, `${letters}\n${pem.slice(-30)}`, '[redacted]'],
    ['a URL', 'pa55', of('postgres://admin', ':pa55@db/x'), 'postgres://admin:[redacted]@db/x'],
    ['a bearer header', letters, `Authorization: Bearer ${letters}`, 'Authorization: Bearer [redacted]'],
    ['an assignment', 'hunter2', 'password := "hunter2"', 'password := "[redacted]"'],
    ['a dict', 'admin123', `'password': 'admin123',  # weak`, `'password': '[redacted]',  # weak`],
    ['a longer name', 'hunter2', 'db.adminPasswordOld = `hunter2`', 'db.adminPasswordOld = `[redacted]`'],
    ['an index', 'hunter2', `config["api_key"] = "hunter2"`, `config["api_key"] = "[redacted]"`],
    ['an argument', 'hunter2', `set('token', 'hunter2')`, `set('token', '[redacted]')`],
    ['a comparison', 'hunter2', `if password == "hunter2":`, `if password == "[redacted]":`],
    ['an escaped quote', 'hunter2', `secret = "a\\"hunter2"`, `secret = "[redacted]"`],
    ['a value that is the name', 'password"', 'password = "password"', 'password = "[redacted]"'],
    ['an environment file', 'hunter2', 'DB_PASSWORD_OLD=hunter2\nX=1', 'DB_PASSWORD_OLD=[redacted]\nX=1'],
    ['a query', 'abc12345', 'https://x/?access_token=abc12345&y=1', 'https://x/?access_token=[redacted]&y=1'],
    ['YAML', 'hunter22', 'password: hunter22\nuser: x', 'password: [redacted]\nuser: x'],
    ['an AWS profile', awsKey, `aws_secret_access_key = ${awsKey}\n`, 'aws_secret_access_key = [redacted]\n'],
    ['a properties file', 'S3cr3tPassw0rd', 'db.password = S3cr3tPassw0rd', 'db.password = [redacted]'],
    ['tabs around the sign', 'S3cr3tPassw0rd', 'db.password\t=\tS3cr3tPassw0rd', 'db.password\t=\t[redacted]'],
    ['an Azure key', `${letters}==`, `AccountKey=${letters}==;Suffix=x`, 'AccountKey=[redacted];Suffix=x'],
    ['XML', 'hunter2', '<db:password a="b">hunter2</db:password>', '<db:password a="b">[redacted]</db:password>'],
    ['PHP', 'hunter2', '$pass = "hunter2";', '$pass = "[redacted]";'],
    ['a short name', 'hunter2', `{"pass": "hunter2"}`, `{"pass": "[redacted]"}`],
    ['a short name in an environment file', 'hunter2', 'DB_PASS=hunter2', 'DB_PASS=[redacted]'],
    ['a Dockerfile', 'hunter2', 'ENV DB_PASSWORD hunter2', 'ENV DB_PASSWORD [redacted]'],
    ['an option', 'hunter2', 'mysql --password hunter2 -e x', 'mysql --password [redacted] -e x'],
    ['a user of curl', 'hunter2', 'curl -u admin:hunter2 https://x', 'curl -u admin:[redacted] https://x'],
    ['a quoted user', 'hunter2', `curl --user='admin:hunter2'`, `curl --user='admin:[redacted]'`],
    ['a DigitalOcean token', 'a1b2', of('dop', '_v1_', 'a1b2'.repeat(16)), '[redacted]'],
    ['a Hugging Face token', letters, of('h', 'f_', letters), '[redacted]'],
    ['a Shopify token', 'a1b2', of('shp', 'at_', 'a1b2'.repeat(8)), '[redacted]'],
  ])('hides %s', (_, secret, text, expected) => {
    expect(text).toContain(secret);
    expect(redactor.shown(text)).toBe(expected);
    expect(redactor.shown(text)).toBe(expected);
    expect(maySecret.test(text)).toBe(true);
    expect(redactor.shown(expected)).toBe(expected);
  });

  it.each([
    'Use of weak cryptographic primitive',
    'password = getPassword()',
    'const token: string;',
    'token = await readToken(file)',
    'password=read(1)',
    'token = getToken()',
    'token = oauth2.getToken1(x)',
    'password = os.environ["X"]',
    'password = os.environ["DB_1"]',
    'API_KEY = os.environ["API_KEY_1"]',
    'secret = process.env.SECRET_V1',
    'secret = var.secret_v1',
    'password = undefined',
    'password = $PASSWORD_1',
    '<password>$password1</password>',
    'ENV PASSWORD_LENGTH 8',
    'mysql --password-file /run/secrets/db1',
    'mysql --password "$PASSWORD_1"',
    'docker run -u 1000:1000 image',
    'sqlmap -u http://example.com/?id=1',
    'All tests pass, "one" after the other.',
    'hf_model',
    'https://example.com/a@b',
    'a task-force of disk-drives',
    'The secret is not rotated.',
    '',
  ])('leaves %j alone', (text) => {
    expect(redactor.shown(text)).toBe(text);
  });

  it.each([
    ['everywhere', 'xyzzy and "xyzzy"', ['xyzzy'], '[redacted] and "[redacted]"'],
    ['the longest first', 'xyzzy1 xyzzy', ['xyzzy', 'xyzzy1'], '[redacted] [redacted]'],
    ['as it is escaped', 'say "a\\"b\\nc"', ['a"b\nc'], 'say "[redacted]"'],
    ['as it is in a URL', 'https://x/?q=a%2Fb%3Dc', ['a/b=c'], 'https://x/?q=[redacted]'],
    ['alone when it is short', 'ab = "ab" (abc)', ['ab'], '[redacted] = "[redacted]" (abc)'],
    ['with signs that mean something', 'x $& $1 (.*)+ y', ['$& $1 (.*)+'], 'x [redacted] y'],
    ['not the empty one', 'abc', [''], 'abc'],
  ])('hides a given secret %s', (_, text, secrets, expected) => {
    expect(redactor.shown(text, secrets)).toBe(expected);
  });

  it('takes no longer than linear time for text made to be slow', () => {
    const size = 100_000;
    const slow = [
      '<password',
      '<token>',
      'token = ',
      'token=a1.',
      '--token',
      'ENV token ',
      'curl -u a:',
      'pass =',
      'token = a1(',
      '"pass',
    ];
    for (const piece of [
      'password',
      'token_',
      'eyJ',
      '://',
      '://a:',
      '-----BEGIN ',
      'A',
      'secret"',
      'bearer ',
      'a ',
      ...slow,
    ])
      redactor.shown(piece.repeat(size / piece.length));
  });
});

describe('Redactor.hashed', () => {
  it('tells two secrets apart and the same one not, without showing either', () => {
    const one = redactor.hashed('password = "hunter2"');
    expect(redactor.hashed('password = "hunter2"')).toBe(one);
    expect(redactor.hashed('password = "hunter3"')).not.toBe(one);
    expect(one).not.toContain('hunter2');
    expect(new Redactor('other').hashed('password = "hunter2"')).not.toBe(one);
  });

  it('leaves text without secrets as it is', () => {
    expect(redactor.hashed('h := md5.New()')).toBe('h := md5.New()');
  });
});

describe('keyLinesOf', () => {
  const line = 'MIIEow'.padEnd(64, 'kfbzQmXw83hVtNcYpR5d');
  const [begin, end] = [pem.split('\n')[0] ?? '', pem.split('\n')[2] ?? ''];
  it.each([
    [
      'a file',
      `a\n${begin}\n${line}\n${'x'.repeat(20)}==\n${end}\nafterwardsALongNameStands`,
      [line, `${'x'.repeat(20)}==`],
    ],
    ['a string in code', `k = "${begin}\\n" +\n  "${line}\\n" + "${end}"`, [line]],
    ['an excerpt with numbers', `7: ${begin}\n8: ${line}\n9: ${line}`, [line, line]],
    ['a beginning in code', `if (text.startsWith("${begin}")) return anUnusuallyLongNameOfSomething;`, []],
    ['no key', 'const publicKeyOfSomethingOrOther = 1', []],
  ])('finds those of %s', (_, text, lines) => {
    expect(keyLinesOf(text)).toEqual(lines);
  });
});

describe('literalsOf', () => {
  it.each([
    ['const password = "a b"', ['a b']],
    [`x('it\\'s', \`raw\`, "")`, [`it\\'s`, 'raw']],
    ['no literals', []],
  ])('finds the strings of %s', (code, literals) => {
    expect(literalsOf(code)).toEqual(literals);
  });
});

describe('addresses', () => {
  const token = `${'gh'}p_${'a1'.repeat(18)}`;
  it.each([
    [`pkg:npm/a@1%20token%20${token}`, 'pkg:npm/a@1%20token%20[redacted]'],
    ['https://x/?q=p%3A%2F%2Fu%3AzGq7-tHunder9%40h', 'https://x/?q=p%3A%2F%2Fu%3A[redacted]%40h'],
    ['pkg:npm/%40acme/web@1', 'pkg:npm/%40acme/web@1'],
    ['https://x/100%', 'https://x/100%'],
  ])('show no secret that is percent-encoded: %s', (address, shown) => {
    expect(new Redactor('key').shownAddress(address)).toBe(shown);
  });
});

describe('a long text', () => {
  it('is looked at up to a bound, and not shown to the last character of it', () => {
    const shown = new Redactor('key').shown(`${'x '.repeat(32_765)}token = "${'s'.repeat(100)}"`);
    expect(shown.length).toBeLessThan(64 * 1024);
    expect(shown).not.toContain('token');
  });
});
