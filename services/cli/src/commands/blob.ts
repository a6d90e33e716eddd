// assay blob put
import { type Define, outputOption } from '../command.ts';
import { openReport } from '../report-input.ts';
import { oneLine, toJson } from '../terminal-text.ts';

export const define: Define = (command, io) => {
  command
    .command('put')
    .summary('store a file and print its digest')
    .description(
      'Store a file in the blob store and print its digest, by which an enrichment step names it. At most 16 MiB; the token needs the scope blob:write.',
    )
    .argument('<file>', 'the file, "-" for stdin')
    .option('--media-type <type>', 'what it is', 'application/octet-stream')
    .addOption(outputOption())
    .example('assay blob put policy.yaml', 'for --step policy:blob=sha256:…')
    .example('assay blob put epss_scores-2026-01-31.csv.gz', 'for --step exploit:epss=sha256:…')
    .does(io, async (path: string, { mediaType, output }: { mediaType: string; output: string }) => {
      const { connect } = await import('../platform.ts');
      await using file = await openReport(io, path);
      const client = await connect(io);
      const stored = await client.request<{ digest: string }>('POST', '/api/v1/blobs', {
        headers: { 'content-type': mediaType },
        body: () => file.open(),
        // The same content has the same digest: twice does no harm.
        isRepeatable: file.isRepeatable,
        timeoutMs: 0,
      });
      await io.out.line(output === 'json' ? toJson(stored) : oneLine(stored.digest));
      return undefined;
    });
};
