import { CountersignError } from "#shared/protocol/error.ts";

/** The address of a FHIR server, without a slash at its end. @throws CountersignError `E_CLI_INPUT` */
export function fhirBaseOf(fhir: string): string {
  if (!URL.canParse(fhir) || !/^https?:/.test(fhir))
    throw new CountersignError(
      "E_CLI_INPUT",
      "`fhir` is no address of a FHIR server, such as https://fhir.hospital.example/r4.",
    );
  return fhir.replace(/\/$/, "");
}
