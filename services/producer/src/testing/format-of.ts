// For specs: which format a report is taken for when nobody says.
import { adapters } from '../adapters/by-name.ts';
import { recognise } from '../sniff.ts';

export async function formatOf(content: string | Uint8Array): Promise<string> {
  const bytes = Buffer.from(content as Uint8Array);
  const open = async function* () {
    yield bytes;
  };
  return (await recognise({ open, sourceRoot: '' }, adapters.values())).name;
}
