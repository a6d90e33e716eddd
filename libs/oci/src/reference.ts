// Where an artifact is: "registry.example.com:5000/team/component:1.2.0" or "…@sha256:…", with or without "oci://".
import { InvalidInput } from '@assay/contracts';

export interface Reference {
  /** With its port. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** "sha256:…"; it wins over the tag. */
  readonly digest?: string;
}

// The grammar of the OCI distribution specification; a registry is always named.
const pattern =
  /^(?:oci:\/\/)?([a-zA-Z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?)\/([a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Throws InvalidInput "oci.reference". Without a tag and a digest the tag is "latest". */
export function parseReference(text: string): Reference {
  const [, registry, repository, tag, digest] = (text.length <= 1024 && pattern.exec(text)) || [];
  if (!registry || !repository) {
    throw new InvalidInput(`"${text.slice(0, 200)}" is no reference; write REGISTRY/REPOSITORY:TAG or …@sha256:….`, {
      code: 'oci.reference',
    });
  }
  return {
    registry,
    repository,
    ...(tag ? { tag } : digest ? {} : { tag: 'latest' }),
    ...(digest ? { digest } : {}),
  };
}

export function referenceText({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}
