// What can be wrong with a JSON report, in words. No message quotes the report: what stands there may be a secret.
import { InvalidInput } from '@assay/contracts';

export class JsonFaults {
  /** Bytes of the document before the chunk that positions count from. */
  offset = 0;

  empty(): InvalidInput {
    return new InvalidInput('The report is empty; a tool that found nothing writes an empty list, not an empty file.', {
      code: 'report.empty',
    });
  }

  truncated(): InvalidInput {
    return new InvalidInput(
      `The report ends at byte ${this.offset} in the middle of its JSON; it was cut off, so submit it whole.`,
      { code: 'report.truncated' },
    );
  }

  unexpected(position: number): InvalidInput {
    return new InvalidInput(
      `The report is not valid JSON: byte ${this.offset + position} is not what may stand there; is this the tool's own JSON output?`,
      { code: 'report.not-json' },
    );
  }

  /** `at` counts from the start of the document, here and below. */
  invalid(what: string, at: number): InvalidInput {
    return new InvalidInput(`${what} (at byte ${at}) is not valid JSON; is this the tool's own JSON output?`, {
      code: 'report.not-json',
    });
  }

  encoding(): InvalidInput {
    return new InvalidInput('The report is UTF-16 or UTF-32 text; save it as UTF-8.', { code: 'report.not-json' });
  }

  tooDeep(position: number, limit: number): InvalidInput {
    return new InvalidInput(
      `The report nests deeper than ${limit} levels at byte ${this.offset + position}; no known tool writes that.`,
      { code: 'report.too-deep' },
    );
  }

  tooMany(position: number, limit: number): InvalidInput {
    return new InvalidInput(
      `The report has a record of more than ${limit} lists and objects, at byte ${this.offset + position}; no known tool writes that.`,
      { code: 'report.too-large' },
    );
  }

  tooLarge(what: string, at: number, limit: number): InvalidInput {
    return new InvalidInput(
      `${what} at byte ${at} is larger than ${limit} bytes; split the report or leave embedded content out.`,
      { code: 'report.too-large' },
    );
  }
}
