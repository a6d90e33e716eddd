// Which registry and version Assay's own images are taken from; those of tools stay as their components say.
export interface ImageChoice {
  /** "registry.example.com/assay" */
  readonly registry?: string;
  /** A tag. */
  readonly version?: string;
}

/** An entry of a kustomization's `images`. */
export interface ImageReplacement {
  readonly name: string;
  readonly newName?: string | undefined;
  readonly newTag?: string | undefined;
  readonly digest?: string | undefined;
}

/** How our components write their images. */
const ours = /^ghcr\.io\/assay\/([^:@]+)(?::([^@]+))?$/;

export function withImage<T extends { image?: string | undefined }>(
  container: T,
  choice: ImageChoice | undefined,
  replacements: readonly ImageReplacement[],
): T {
  if (container.image === undefined) return container;
  return { ...container, image: replaced(imageAt(container.image, choice), replacements) };
}

// As kustomize does it.
function replaced(image: string, replacements: readonly ImageReplacement[]): string {
  const [, name = image, tag = '', digest = ''] = /^(.*?)(:[^:/@]+)?(@.+)?$/.exec(image) ?? [];
  return replacements.reduce((text, it) => {
    if (it.name !== name) return text;
    const version = it.digest ? `@${it.digest}` : it.newTag ? `:${it.newTag}` : `${tag}${digest}`;
    return `${it.newName ?? name}${version}`;
  }, image);
}

export function imageAt(image: string, { registry, version }: ImageChoice = {}): string {
  const [, name, tag] = ours.exec(image) ?? [];
  if (!name) return image;
  // A tool's image has the version of the tool.
  const wanted = name.startsWith('tool-') ? tag : (version ?? tag);
  return `${registry ?? 'ghcr.io/assay'}/${name}${wanted ? `:${wanted}` : ''}`;
}
