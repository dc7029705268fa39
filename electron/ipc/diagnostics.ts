import type { AppSnapshot, Mode } from "#shared/ipc/contract.ts";

export interface Machine {
  readonly mode: Mode;
  /** `linux 6.1.0`. */
  readonly os: string;
  readonly versions: { readonly electron: string; readonly chrome: string; readonly node: string };
}

/**
 * What support needs to know of this workstation (approval-experience.md S12), as JSON text. SECURITY: built member by
 * member from what has nothing to do with any patient, request or person: counts, codes, versions and settings. The path
 * of a certificate file may hold a person's name, so only whether there is one is said.
 */
export function diagnosticsText(snapshot: AppSnapshot, machine: Machine): string {
  const { settings, gateways, rows, phase, version, now } = snapshot;
  const { site_ca_file, ...shown } = settings;
  const report = {
    format: "countersign-diagnostics/1",
    at: new Date(now * 1000).toISOString(),
    app: { version, mode: machine.mode, ...machine.versions },
    os: machine.os,
    screen: phase.kind,
    requests: rows.length,
    settings: { ...shown, site_ca_file: site_ca_file === "" ? "none" : "set" },
    gateways: gateways.map(({ iss, name, env, connection, clock_offset_s, last_message_at, refused, ...of }) => ({
      ...{ iss, name, env, connection, clock_offset_s, last_message_at, refused },
      ...{ log_alarm: of.log_alarm, earlier_logs: of.earlier_logs },
    })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** `countersign-diagnostics-2026-11-25.json`: the app's own words and a date (approval-experience.md 8). */
export const diagnosticsName = (nowS: number): string =>
  `countersign-diagnostics-${new Date(nowS * 1000).toISOString().slice(0, 10)}.json`;
