import { describe, expect, it } from '@jest/globals';
import { eventRequest } from './cloud-event.ts';

const bytes = (text: string) => Buffer.from(text);

describe('eventRequest', () => {
  it('sends a whole event as it is', () => {
    const text = '{"specversion":"1.0","id":"1","source":"ci","type":"dev.assay.report.submitted.v1","data":{}}';
    expect(eventRequest(bytes(text), {})).toEqual({
      headers: { 'content-type': 'application/cloudevents+json' },
      body: bytes(text),
    });
  });

  it('puts attributes of data into headers, in full and percent-encoded', () => {
    const { headers } = eventRequest(bytes('{}'), { type: 'artifact.requested', id: 'é "1%', subject: 'a\nb' });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-type': 'dev.assay.artifact.requested.v1',
      'ce-id': '%C3%A9%20%221%25',
      'ce-source': 'assay/cli',
      'ce-subject': 'a%0Ab',
    });
  });

  it.each([
    ['what is no JSON', 'nope', {}, 'is not JSON'],
    ['a list', '[]', {}, 'one JSON object'],
    ['data without a type', '{"kind":"image"}', {}, 'lacks specversion, id, source, type'],
  ])('refuses %s', (_, text, options, sentence) => {
    expect(() => eventRequest(bytes(text), options)).toThrow(sentence);
  });
});
