import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import type { ExportStatus } from "#shared/ipc/exports.ts";
import type { EvidencePins } from "#shared/protocol/evidence/item.ts";

import type { Link } from "../../../electron/connection/link.ts";
import { trustGateway } from "../../../electron/connection/trusted-gateway.ts";
import { makeExporting } from "../../../electron/exports/exporting.ts";
import { check } from "../../../electron/records/check.ts";
import { crypto } from "../../gateway/device.ts";
import { DIR, GW } from "../../gateway/world.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import type { BenchHospital } from "./hospital.ts";
import { rawPage, spanOf } from "./queries.ts";
import { timed } from "./quantiles.ts";

/** What this computer has pinned, and the gateway as it proved itself. */
export function pinnedBy(hospital: BenchHospital) {
  const { core, clock, directoryKey } = hospital;
  const nowS = (): number => Math.floor(clock.nowMs() / 1000);
  const directory = { iss: DIR, key: crypto.importKey(publicJwk.parse(directoryKey)) };
  const gateway = trustGateway(crypto, core.credential, directory, nowS());
  const status = core.documents.statusList("1");
  const pins = (): EvidencePins => ({
    ...{ directory: directoryKey, gateways: [core.credential], pinned: core.checkpoint(), now: nowS() },
    ...{ templates: [], status: status === undefined ? [] : [status] },
  });
  return { directory, gateway, nowS, pins };
}

/**
 * The app's own export with every row verified, in one process with the gateway: what each of them takes of the processor,
 * beside the same rows read by plain statements. Both take turns here; in a hospital they are three processes.
 */
export async function exporting(hospital: BenchHospital, format: "csv" | "jsonl", most: number): Promise<unknown> {
  const { core, supervisor } = hospital;
  const { directory, gateway, nowS, pins } = pinnedBy(hospital);
  const { last } = spanOf(hospital);
  const spent = { gateway: 0, checking: 0, raw: 0 };
  const raw = rawPage(hospital);
  const link = {
    gateway,
    call(_type: string, body: Readonly<Record<string, unknown>>) {
      const { value, time } = timed(() => core.report(supervisor.session, body));
      spent.gateway += time.cpu;
      if (value.name === "history") spent.raw += timed(() => raw(value.items)).time.cpu;
      return Promise.resolve({ type: "report.page", body: value });
    },
  } as unknown as Pick<Link, "call" | "gateway">;
  const exports = makeExporting({
    ...{ crypto, link, directory, gatewayName: "Northgate", sub: supervisor.session.sub, nowS, zone: () => GW },
    check(items) {
      const { value, time } = timed(() => check(crypto, { items, pins: pins() }));
      spent.checking += time.cpu;
      return Promise.resolve(value.verdicts);
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "countersign-bench-export-"));
  let end: ExportStatus | undefined;
  const from = performance.now();
  const cpu = process.threadCpuUsage();
  // Half of the pools are theirs: a request of theirs every twenty seconds.
  const filter = { from: last - (most - 1) * 20, to: last + 1 };
  const order = { format, filter, identifiers: true, bom: false, purpose: { code: "HQUALIMP" as const } };
  try {
    await exports.run({ ...order, file: join(folder, `history.${format}`) }, (status) => (end = status));
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (end?.kind !== "done" || end.checked.valid < end.rows) throw new Error(JSON.stringify(end));
  const { user, system } = process.threadCpuUsage(cpu);
  const seconds = (performance.now() - from) / 1000;
  const of = (ms: number): number => Number((ms / (end?.kind === "done" ? end.rows : 1)).toPrecision(3));
  const whole = (user + system) / 1000 - spent.raw;
  const figures = {
    ...{ rows: end.rows, valid: end.checked.valid, bytes: end.bytes, seconds: Math.round(seconds) },
    rows_per_second: Math.round(end.rows / seconds),
    cpu_ms_of_a_row: { whole: of(whole), gateway: of(spent.gateway), checking: of(spent.checking), raw: of(spent.raw) },
    gateway_cpu_ratio: Number((spent.gateway / spent.raw).toPrecision(3)),
  };
  process.stdout.write(`export ${format}  ${JSON.stringify(figures)}\n`);
  return figures;
}
