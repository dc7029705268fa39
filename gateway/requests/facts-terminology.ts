import { isMembers, listAt, textAt } from "./facts-json.ts";
import type { Terminology } from "./facts-naming.ts";
import { SearchRefused, type RecordReader } from "./facts-reader.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/**
 * Names of codes from the CodeSystem resources that the FHIR server holds (whole or as fragments). Each system is read
 * once.
 */
export function codeSystemTerminology(reader: RecordReader): Terminology {
  const systems = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const load = async (system: string): Promise<ReadonlyMap<string, string>> => {
    const found = await reader.search("CodeSystem", { url: system }).catch((fault: unknown) => {
      if (fault instanceof CountersignError && fault.cause instanceof SearchRefused) return { resources: [] };
      throw fault;
    });
    return new Map(found.resources.flatMap((resource) => concepts(listAt(resource, "concept"))));
  };
  return {
    name: "the record's code systems",
    async display(system, code) {
      const known = systems.get(system) ?? load(system);
      systems.set(system, known);
      known.catch(() => systems.delete(system));
      return (await known).get(code);
    },
  };
}

function concepts(list: readonly FhirJson[]): (readonly [string, string])[] {
  return list.filter(isMembers).flatMap((concept) => {
    const [code, display] = [textAt(concept, "code"), textAt(concept, "display")];
    const own: (readonly [string, string])[] = code === undefined || display === undefined ? [] : [[code, display]];
    return [...own, ...concepts(listAt(concept, "concept"))];
  });
}
