// The root element of an XML document, of its first bytes: what kind of document it is.
import { SaxesParser } from 'saxes';
import type { XmlRoot } from './adapter.ts';

/**
 * Its local name and namespace; undefined when it does not begin within the text, when what stands before it is not
 * well formed, or a DTD: nothing an entity says is looked at.
 */
export function xmlRoot(text: string): XmlRoot | undefined {
  const parser = new SaxesParser({ xmlns: true, position: false });
  let root: XmlRoot | undefined;
  let isOver = false;
  parser.on('error', () => {
    isOver = true;
  });
  parser.on('doctype', () => {
    isOver = true;
  });
  parser.on('opentag', ({ local, uri }) => {
    if (!isOver) root = { name: local, namespace: uri };
    isOver = true;
  });
  // Tag by tag, so that nothing is read behind the root.
  for (let start = 0; start < text.length && !isOver; ) {
    const close = text.indexOf('>', start);
    const end = close < 0 ? text.length : close + 1;
    parser.write(text.slice(start, end));
    start = end;
  }
  return root;
}
