// The front page: where things are, and what travels.
import { createHash } from 'node:crypto';
import { topics } from '@assay/contracts';
import { clientTopics } from '../accept-event.ts';
import type { Gateway } from '../gateway.ts';
import type { App } from '../zod-provider.ts';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}code{font-size:.9em}';
const styleHash = createHash('sha256').update(style).digest('base64');

const links = [
  ['/docs', 'The HTTP API, to read and try'],
  ['/openapi.json', 'The same for programs'],
  ['/healthz', 'Is the process up'],
  ['/readyz', 'Can it reach the bus and the store'],
  ['/metrics', 'Numbers for Prometheus'],
] as const;

export const homeRoutes = (_: Gateway) => async (app: App) => {
  const html = pageOf();
  app.get('/', { config: { scope: 'open' }, schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-security-policy', `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'`)
      .type('text/html; charset=utf-8')
      .send(html),
  );
};

function pageOf(): string {
  const rows = topics.map((topic) => {
    const subject = ['assay', topic.noun, topic.verb, ...topic.keys.map((key) => `<${key}>`)].join('.');
    return row([
      `<code>${escapeHtml(subject)}</code>`,
      escapeHtml(topic.summary),
      clientTopics.includes(topic) ? 'yes' : '',
    ]);
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Assay</title><style>${style}</style></head><body>
<h1>Assay</h1>
<ul>${links.map(([path, what]) => `<li><a href="${path}">${path}</a> ${escapeHtml(what)}</li>`).join('')}</ul>
<h2>Events</h2>
<p>What travels on the bus. Subscribe to any subject; publish those that clients may publish.</p>
<table><tr><th>Subject</th><th>What it says</th><th>Clients may publish</th></tr>${rows.join('')}</table>
</body></html>
`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
