// Which registry and version Assay's own images are taken from; those of tools stay as their components say.
export interface ImageChoice {
  /** "registry.example.com/assay" */
  readonly registry?: string;
  /** A tag. */
  readonly version?: string;
}

/** How our components write their images. */
const ours = /^ghcr\.io\/assay\/([^:@]+)(?::([^@]+))?$/;

export function atRegistry<T extends { image?: string | undefined }>(container: T, choice: ImageChoice | undefined): T {
  return container.image === undefined ? container : { ...container, image: imageAt(container.image, choice) };
}

export function imageAt(image: string, { registry, version }: ImageChoice = {}): string {
  const [, name, tag] = ours.exec(image) ?? [];
  if (!name) return image;
  const wanted = version ?? tag;
  return `${registry ?? 'ghcr.io/assay'}/${name}${wanted ? `:${wanted}` : ''}`;
}
