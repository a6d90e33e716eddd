import { describe, expect, it } from '@jest/globals';
import { maxCodeownersBytes, ownersOf, parseCodeowners } from './owners.ts';

// GitHub's documentation, "Example of a CODEOWNERS file": its rules, each in a file of its own or in the order given.
const documented = [
  '# This is a comment.',
  '*       @global-owner1 @global-owner2',
  '*.js    @js-owner #This is an inline comment.',
  '*.go docs@example.com',
  '*.txt @octo-org/octocats',
  '/build/logs/ @doctocat',
  'docs/*  docs@example.com',
  'apps/ @octocat',
  '/docs/ @doctocat',
  '/scripts/ @doctocat @octocat',
  '**/logs @octocat',
];

describe('the documented example', () => {
  it.each([
    ['README.md', ['@global-owner1', '@global-owner2'], 2, 'the first rule owns what no later one does'],
    ['src/deep/down.c', ['@global-owner1', '@global-owner2'], 2, 'at any depth'],
    ['app.js', ['@js-owner'], 3, 'the last match takes precedence, an inline comment is none of it'],
    ['src/web/app.js', ['@js-owner'], 3, 'a pattern without a slash is one for any folder'],
    ['app.jsx', ['@global-owner1', '@global-owner2'], 2, '"*.js" ends there'],
    ['cmd/main.go', ['docs@example.com'], 4, 'an e-mail address is an owner'],
    ['notes.txt', ['@octo-org/octocats'], 5, 'a team is an owner'],
    ['build/logs/today.log', ['@octocat'], 11, '"**/logs" comes after "/build/logs/"'],
    ['docs/getting-started.md', ['@doctocat'], 9, '"/docs/" comes after "docs/*"'],
    ['docs/build-app/troubleshooting.md', ['@doctocat'], 9, 'a folder owns all below it'],
    ['apps/web/index.html', ['@octocat'], 8, 'an apps folder at the root'],
    ['src/apps/web/index.html', ['@octocat'], 8, 'an apps folder anywhere'],
    ['scripts/run.sh', ['@doctocat', '@octocat'], 10, 'two owners'],
    ['src/scripts/run.sh', ['@global-owner1', '@global-owner2'], 2, 'a leading slash is the root'],
    ['build/logs', ['@octocat'], 11, 'the documented /build/logs'],
    ['scripts/logs', ['@octocat'], 11, 'the documented /scripts/logs'],
    ['deeply/nested/logs', ['@octocat'], 11, 'the documented /deeply/nested/logs'],
    ['deeply/nested/logs/a/b.log', ['@octocat'], 11, 'any change in a logs folder'],
  ])('%s is owned by %j, by line %d: %s', (path, owners, line) => {
    expect(ownersOf(parseCodeowners(documented.join('\n')), path)).toEqual({ owners, line });
  });

  it.each([
    [['docs/*  docs@example.com'], 'docs/getting-started.md', ['docs@example.com'], 1],
    [['docs/*  docs@example.com'], 'docs/build-app/troubleshooting.md', [], null],
    [['/build/logs/ @doctocat'], 'build/logs/2024/a.log', ['@doctocat'], 1],
    [['/build/logs/ @doctocat'], 'sub/build/logs/a.log', [], null],
    [['/apps/ @octocat', '/apps/github'], 'apps/web/a.ts', ['@octocat'], 1],
    [['/apps/ @octocat', '/apps/github'], 'apps/github/a.ts', [], 2],
    [['/apps/ @octocat', '/apps/github'], 'apps/github', [], 2],
    [['/apps/ @octocat', '/apps/github @doctocat'], 'apps/github/sub/a.ts', ['@doctocat'], 2],
    [['/apps/ @octocat', '/apps/github @doctocat'], 'apps/githubby/a.ts', ['@octocat'], 1],
    [['*.md @a', '*.md @b'], 'x.md', ['@b'], 2],
  ])('%j gives %s to %j by line %j', (lines, path, owners, line) => {
    expect(ownersOf(parseCodeowners(lines.join('\n')), path)).toEqual({ owners, line });
  });
});

describe('patterns', () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['foo', ['foo', 'foo/bar', 'bar/foo', 'bar/foo/baz'], ['foo.txt', 'bar/foo.txt', 'bar/baz', 'Foo']],
    ['/foo', ['foo', 'foo/bar', 'foo/bar/baz'], ['fool', 'bar/foo', 'bar/foo/baz']],
    ['foo/', ['foo/bar', 'foo/bar/baz', 'bar/foo/baz'], ['foo', 'bar/foo']],
    ['/foo/', ['foo/bar', 'foo/bar/baz'], ['foo', 'bar/foo/baz']],
    ['foo/bar', ['foo/bar', 'foo/bar/baz'], ['foo/bart', 'baz/foo/bar', 'baz/foo/bar/qux']],
    ['/foo/bar', ['foo/bar', 'foo/bar/baz'], ['foo/bart', 'baz/foo/bar']],
    ['foo/bar/', ['foo/bar/baz'], ['foo/bar', 'baz/foo/bar/qux']],
    ['*', ['foo', 'foo/bar', 'a/b/c', '.github/CODEOWNERS'], []],
    ['f*', ['foo', 'f', 'foo/bar', 'bar/foo', 'bar/foo/baz'], ['bar/baz', 'xfoo']],
    ['/*', ['foo', 'bar'], ['foo/bar', 'foo/bar/baz']],
    ['/f*', ['foo', 'foo/bar/baz'], ['bar/foo', 'xfoo']],
    ['f*/', ['foo/bar', 'bar/foo/baz'], ['foo', 'bar/foo']],
    ['/*/', ['foo/bar', 'bar/foo/baz'], ['foo']],
    ['*.js', ['a.js', '.js', 'x/y/a.js', 'a.js/b'], ['a.jsx', 'js', 'a.JS']],
    ['*/foo', ['a/foo', 'a/foo/b'], ['foo', 'a/b/foo']],
    ['foo/*', ['foo/bar'], ['foo', 'foo/bar/baz', 'bar/foo/baz']],
    ['foo/*.txt', ['foo/bar.txt'], ['foo', 'foo/bar/baz.txt', 'qux/foo/bar.txt']],
    ['foo/*/baz', ['foo/bar/baz', 'foo/bar/baz/qux'], ['foo/baz', 'foo/a/b/baz']],
    ['foo/*/', ['foo/bar/baz', 'foo/bar/a/b'], ['foo/bar']],
    ['f?o', ['foo', 'a/fxo/b'], ['fo', 'fooo', 'f/o']],
    ['**', ['foo', 'foo/bar'], []],
    ['/**', ['foo', 'foo/bar'], []],
    ['**/foo', ['foo', 'a/foo', 'a/b/foo/c'], ['xfoo', 'foox']],
    ['**/foo/bar', ['foo/bar', 'qux/foo/bar', 'qux/foo/bar/baz'], ['foo/baz/bar']],
    ['**/*bar*', ['bar', 'foo/rebar', 'foo/barrio', 'foo/qux/bar'], ['foo/baz']],
    ['foo/**', ['foo/bar', 'foo/bar/baz'], ['foo', 'qux/foo/bar']],
    ['foo/**/', ['foo/bar', 'foo/bar/baz'], ['foo']],
    ['foo/**/bar', ['foo/bar', 'foo/a/bar', 'foo/a/b/bar/c'], ['foo', 'qux/foo/bar', 'foo/barn']],
    ['foo/**/bar/b*', ['foo/bar/baz', 'foo/qux/bar/baz'], ['foo/bar', 'foo/bar/qux']],
    ['/a/**/b/**/c', ['a/b/c', 'a/x/b/y/z/c', 'a/b/b/c/d'], ['a/c', 'x/a/b/c']],
    ['foo**bar', ['foobar', 'fooxbar'], ['foo/bar']],
    ['a*b*c', ['abc', 'axbxbxc', 'abcbc'], ['ab', 'abcd']],
    ['/a.b', ['a.b'], ['axb']],
    ['/f\\*o', ['f*o'], ['foo']],
    ['/f\\?o', ['f?o'], ['foo']],
    ['/\\[id\\].tsx', ['[id].tsx'], ['i.tsx']],
    ['/with\\ space/', ['with space/a.c'], ['with', 'with/a.c']],
    ['/a(1).txt', ['a(1).txt'], ['a1.txt']],
    ['/a+b$.txt', ['a+b$.txt'], ['aab.txt']],
    ['@scope/x', ['@scope/x/y'], ['scope/x']],
    ['/ünï/', ['ünï/a'], ['uni/a']],
    ['.github/', ['.github/CODEOWNERS', 'sub/.github/x'], ['github/x']],
  ];

  it.each(cases.flatMap(([pattern, yes]) => yes.map((path) => [pattern, path])))('%s matches %s', (pattern, path) => {
    expect(ownersOf(parseCodeowners(`${pattern} @it`), path)).toEqual({ owners: ['@it'], line: 1 });
  });

  it.each(cases.flatMap(([pattern, , no]) => no.map((path) => [pattern, path])))(
    '%s does not match %s',
    (pattern, path) => {
      expect(ownersOf(parseCodeowners(`${pattern} @it`), path)).toEqual({ owners: [], line: null });
    },
  );

  it('decides a pattern made to be slow at once', () => {
    const slow = parseCodeowners(`${'**/a*a*a*a*a*a*b/'.repeat(200)}** @it\n${'*a'.repeat(5000)}b @it`);
    expect(slow.skipped).toEqual([]);
    expect(ownersOf(slow, `${'a'.repeat(3000)}/`.repeat(20))).toEqual({ owners: [], line: null });
  });

  it.each(['./src/a.ts', '/src/a.ts'])('%s is the path from the root', (path) => {
    expect(ownersOf(parseCodeowners('/src/ @it'), path).owners).toEqual(['@it']);
  });
});

describe('lines', () => {
  it.each([
    ['a file without a line break at its end', '* @it', ['@it']],
    ['Windows line ends', '# c\r\n* @it\r\n', ['@it']],
    ['a byte order mark', '\uFEFF* @it', ['@it']],
    ['tabs and spaces around', '\t *\t@it  @org/team \t', ['@it', '@org/team']],
    ['a comment after white space', '  # a\n* @it', ['@it']],
    ['an owner named twice', '* @it @it', ['@it']],
    ['a user of a company', '* @jane_acme', ['@jane_acme']],
    ['a plus in an e-mail address', '* a.b+c@mail.example.co.uk', ['a.b+c@mail.example.co.uk']],
    ['a pattern whose comment follows at once', '* @it\n*#nobody', []],
  ])('%s is read', (_, text, owners) => {
    expect(parseCodeowners(text).skipped).toEqual([]);
    expect(ownersOf(parseCodeowners(text), 'x').owners).toEqual(owners);
  });

  it.each([
    ['!*.md @it', 'negation'],
    ['*.[ch] @it', '"[" is not supported'],
    ['*.{js,ts} @it', '"{" is not supported'],
    ['\\#file @it', 'unfinished escape'],
    ['a***b @it', 'more than two "*"'],
    ['/ @it', 'never matches anything'],
    ['a//b @it', 'never matches anything'],
    ['* it', '"it" is no @user'],
    ['* @it nobody', '"nobody" is no @user'],
    ['* @org/team/sub', '"@org/team/sub" is no @user'],
    ['* @', '"@" is no @user'],
    ['* a@b', '"a@b" is no @user'],
    ['[Section] @it', '"[" is not supported'],
  ])('%s is skipped: %s', (line, reason) => {
    const { rules, skipped } = parseCodeowners(`* @all\n\n${line}\n`);
    expect(rules).toHaveLength(1);
    expect(skipped).toEqual([{ line: 3, reason: expect.stringContaining(reason) }]);
  });

  it('takes a file just under 3 MB and no larger one', () => {
    const text = '#'.repeat(maxCodeownersBytes - 1);
    expect(parseCodeowners(text).rules).toEqual([]);
    expect(() => parseCodeowners(`${text}#`)).toThrow(expect.objectContaining({ code: 'codeowners.too-large' }));
  });
});
