import { describe, expect, it } from '@jest/globals';
import { placeOf } from './target.ts';

describe('placeOf', () => {
  it.each([
    ['file:///src/main.go:10-20', { path: 'src/main.go', startLine: 10, endLine: 20 }],
    ['file://src/main.go:3-3', { path: 'src/main.go', startLine: 3, endLine: 3 }],
    ['file:///a%20b/c.go:1-2', { path: 'a b/c.go', startLine: 1, endLine: 2 }],
    ['file:///100%/c.go:1-2', { path: '100%/c.go', startLine: 1, endLine: 2 }],
    ['file:///root/src/main.go:1-2', { path: '/root/src/main.go', startLine: 1, endLine: 2 }],
    ['file:///Dockerfile:0-0', { path: 'Dockerfile', startLine: 0, endLine: 0 }],
    ['src/main.go:7', { path: 'src/main.go', startLine: 7, endLine: 7 }],
    ['main.go:7', { path: 'main.go', startLine: 7, endLine: 7 }],
    ['/dracon/source/main.go:7-9', { path: '/dracon/source/main.go', startLine: 7, endLine: 9 }],
    ['./run:7', { path: './run', startLine: 7, endLine: 7 }],
    ['cmd/Makefile:3-4', { path: 'cmd/Makefile', startLine: 3, endLine: 4 }],
    ['src/app.py', { path: 'src/app.py', startLine: 0, endLine: 0 }],
    ['pkg:npm/%40acme/a@1.0', { purl: 'pkg:npm/%40acme/a@1.0' }],
    ['pkg:nonsense', { purl: 'pkg:nonsense' }],
    [`acme/shop@sha256:${'0a'.repeat(32)}`, { digest: `sha256:${'0a'.repeat(32)}` }],
    ['nginx:1', {}],
    ['acme/shop:2', {}],
    ['registry.example.com:5000/acme/shop:2', {}],
    ['alpine:3.18 (alpine 3.18.2)', {}],
    ['shop.example.com:443', {}],
    ['https://shop.example.com:443', {}],
    ['https://shop.example.com/a.php:10-20', {}],
    ['10.0.0.1:22', {}],
    ['', {}],
  ])('of %j is %j', (target, expected) => {
    expect(placeOf(target, '/root/')).toEqual({
      purl: '',
      path: '',
      startLine: 0,
      endLine: 0,
      digest: '',
      ...expected,
    });
  });
});
