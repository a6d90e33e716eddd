import { describe, expect, it } from '@jest/globals';
import { canonicalPurl, packagePurl, purlOf } from './purl.ts';

describe('the package URL of a package', () => {
  it.each([
    ['npm', 'underscore', '1.8.3', 'pkg:npm/underscore@1.8.3'],
    ['npm', '@Babel/Core', '7.0.0', 'pkg:npm/%40babel/core@7.0.0'],
    ['pypi', 'Zope.Interface__x', '1.0+local.1', 'pkg:pypi/zope-interface-x@1.0%2Blocal.1'],
    ['golang', 'github.com/BurntSushi/toml', 'v1.2.3', 'pkg:golang/github.com/burntsushi/toml@v1.2.3'],
    ['golang', 'stdlib', '1.21.0', 'pkg:golang/stdlib@1.21.0'],
    ['maven', 'org.apache.logging.log4j:log4j-core', '2.14.1', 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1'],
    ['gem', 'actionpack', '5.0.0', 'pkg:gem/actionpack@5.0.0'],
    ['nuget', 'Newtonsoft.Json', '9.0.1', 'pkg:nuget/Newtonsoft.Json@9.0.1'],
    ['cargo', 'smallvec', '', 'pkg:cargo/smallvec'],
    ['composer', 'Symfony/HTTP-Kernel', '5.1', 'pkg:composer/symfony/http-kernel@5.1'],
    ['swift', 'github.com/apple/swift-nio', '2.0', 'pkg:swift/github.com/apple/swift-nio@2.0'],
    ['pub', 'Http', '0.13', 'pkg:pub/http@0.13'],
    ['npm', '', '1', ''],
    ['', 'x', '1', ''],
    ['not a type', 'x', '1', ''],
  ])('of %s, %s at "%s" is "%s"', (type, name, version, purl) => {
    expect(packagePurl(type, name, version)).toBe(purl);
  });

  it('has the distribution as namespace and qualifiers, sorted and encoded', () => {
    const parts = { type: 'deb', namespace: 'Debian', name: 'libstdc++6', version: '1:12.2.0-14~bpo+1' };
    expect(purlOf({ ...parts, qualifiers: { distro: 'debian-12', arch: 'amd64', epoch: '' } })).toBe(
      'pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14~bpo%2B1?arch=amd64&distro=debian-12',
    );
  });
});

describe('another tool’s package URL in canonical form', () => {
  it.each([
    ['pkg:npm/%40babel/core@7.0.0', 'pkg:npm/%40babel/core@7.0.0'],
    ['pkg:npm/@babel/core@7.0.0', 'pkg:npm/%40babel/core@7.0.0'],
    ['pkg:npm/@babel/core', 'pkg:npm/%40babel/core'],
    ['pkg://PyPI/Flask_Cors@3.0.0', 'pkg:pypi/flask-cors@3.0.0'],
    ['pkg:golang/github.com/BurntSushi/toml@v1.0.0#cmd/./x', 'pkg:golang/github.com/burntsushi/toml@v1.0.0#cmd/x'],
    [
      'pkg:rpm/redhat/openssl@1.1.1k-9.el8?epoch=1&distro=redhat-8.7&arch=x86_64',
      'pkg:rpm/redhat/openssl@1.1.1k-9.el8?arch=x86_64&distro=redhat-8.7&epoch=1',
    ],
    [
      'pkg:oci/alpine@sha256%3Aabc?repository_url=index.docker.io%2Flibrary%2Falpine',
      'pkg:oci/alpine@sha256:abc?repository_url=index.docker.io/library/alpine',
    ],
    ['pkg:gem/100%@1', 'pkg:gem/100%25@1'],
    ['', ''],
    ['npm/underscore', ''],
    ['pkg:npm', ''],
    ['pkg:npm/', ''],
    [`pkg:npm/${'/'.repeat(100_000)}x`, ''],
  ])('%s is %s', (purl, canonical) => {
    expect(canonicalPurl(purl)).toBe(canonical);
    expect(canonicalPurl(canonical)).toBe(canonical);
  });
});
