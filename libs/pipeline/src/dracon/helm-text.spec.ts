import { describe, expect, it } from '@jest/globals';
import { fillHelm } from './helm-text.ts';

const context = {
  Values: { image: { registry: 'registry.example.com' }, replicas: 2, empty: '' },
  Chart: { AppVersion: '1.4.0' },
};

describe('an expression of Helm', () => {
  it.each([
    ['plain $(params.x)', 'plain $(params.x)'],
    ['{{ .Values.image.registry }}/c', 'registry.example.com/c'],
    ['{{.Values.image.registry}}', 'registry.example.com'],
    ['{{- .Chart.AppVersion -}}', '1.4.0'],
    ['{{ default "ghcr.io/x" .Values.image.registry }}/a:{{ .Chart.AppVersion }}', 'registry.example.com/a:1.4.0'],
    ['{{ default "ghcr.io/x" .Values.other.registry }}', 'ghcr.io/x'],
    ['{{ default "a" .Values.empty }}', 'a'],
    ['{{ .Values.nothing | default "b" }}', 'b'],
    ['{{ .Values.replicas }}', '2'],
    ['{{ .Values.image.registry | quote }}', '"registry.example.com"'],
    ['{{ default `raw "text"` .Values.x }}', 'raw "text"'],
  ])('%s becomes %s', (text, expected) => {
    expect(fillHelm(text, context, 'task.yaml:3')).toBe(expected);
  });

  it.each([
    [
      '{{ .Values.database.host }}',
      'task.yaml:3: {{ .Values.database.host }} has no value; give .Values.database.host one (--values',
    ],
    ['{{ .Chart.Name }}', 'give .Chart.Name one (--app-version'],
    ['{{ include "a.b" . }}', 'is no expression that is known here'],
    ['{{ upper "a" }}', 'uses "upper", which is not known here'],
    ['{{ if .Values.x }}y{{ end }}', 'uses "if"'],
    ['{{ .Values.image | (quote) }}', 'is no expression that is known here'],
    ['{{ .Values.constructor.name }}', 'has no value'],
    ['{{ .Values.image.registry', 'a "{{" has no "}}"'],
    ['{{ }}', 'has nothing between its pipes'],
  ])('%s is refused', (text, message) => {
    expect(() => fillHelm(text, context, 'task.yaml:3')).toThrow(message);
  });

  it('is read in linear time, however many braces there are', () => {
    expect(() => fillHelm('{{'.repeat(200_000), context, 'x')).toThrow('has no "}}"');
  });
});
