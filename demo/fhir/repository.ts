import { validateResource, type WithId } from "@medplum/core";
import { MemoryRepository, type CreateResourceOptions, type DeleteResourceOptions } from "@medplum/fhir-router";

/** Any FHIR R4 resource, as the library types it. */
export type Resource = Parameters<typeof validateResource>[0];
type HistoryBundle<T extends Resource> = Awaited<ReturnType<MemoryRepository["readHistory"]>> & {
  entry?: { resource?: T }[];
};

/**
 * The library's memory repository with what a hospital server has and it lacks: validation, version numbers that count
 * up (a person reads "version 3"), and a history that stays newest first (the library turns its own list over each
 * time it is read).
 */
export class VersionedRepository extends MemoryRepository {
  readonly #versions = new Map<string, number>();
  readonly #deleted = new Set<string>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    super();
    this.#nowMs = nowMs;
  }

  override async createResource<T extends Resource>(
    resource: T,
    options?: CreateResourceOptions,
    update = false,
  ): Promise<WithId<T>> {
    validateResource(resource);
    const id = resource.id ?? this.generateId();
    const key = `${resource.resourceType}/${id}`;
    const version = (this.#versions.get(key) ?? 0) + 1;
    const meta = {
      ...resource.meta,
      versionId: String(version),
      lastUpdated: new Date(this.#nowMs()).toISOString(),
    };
    const stored = await this.withSeeding(() => super.createResource({ ...resource, id, meta }, options, update));
    this.#versions.set(key, version);
    this.#deleted.delete(key);
    return stored;
  }

  /** True for a resource that existed and is deleted now. */
  wasDeleted(type: string, id: string): boolean {
    return this.#deleted.has(`${type}/${id}`);
  }

  override async deleteResource(type: string, id: string, options?: DeleteResourceOptions): Promise<void> {
    await super.deleteResource(type, id, options);
    this.#deleted.add(`${type}/${id}`);
  }

  override async readHistory<T extends Resource>(resourceType: string, id: string): Promise<HistoryBundle<T>> {
    const bundle = (await super.readHistory<T>(resourceType, id)) as HistoryBundle<T>;
    bundle.entry?.sort((a, b) => Number(b.resource?.meta?.versionId) - Number(a.resource?.meta?.versionId));
    return bundle;
  }
}
