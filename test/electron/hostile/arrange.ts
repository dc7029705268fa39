import { randomBytes } from "node:crypto";
import path from "node:path";

import { expect, onTestFinished } from "vitest";

import type { GatewayStatus, QueueRow } from "#shared/ipc/contract.ts";
import { mustSee } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { verifyHere } from "../../../demo/verify-here.ts";
import { makeVerifier } from "../../../electron/records/verifier.ts";
import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { logAlarmFiles } from "../../../electron/journal/log-alarm.ts";
import { openVault } from "../../../electron/journal/vault.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import type { Desk } from "../../../electron/requests/desk-port.ts";
import { makeDesk } from "../../../electron/requests/desk.ts";
import { makeDraw } from "../../../electron/requests/draw.ts";
import { crypto, newId } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { makeManualClock, type ManualClock } from "../manual-clock.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { startHostileGateway, type HostileGateway } from "./gateway.ts";
import { DIRECTORY, ISS } from "./request.ts";

type Seen = { readonly row: QueueRow } | { readonly gateway: GatewayStatus } | { readonly kept: string };

/** The app's own connection and requests, as built, against a gateway that lies. */
export interface Victim {
  readonly gateway: HostileGateway;
  readonly clock: ManualClock;
  readonly desk: Desk;
  readonly seen: Inbox<Seen>;
  readonly folder: string;
  status(): GatewayStatus;
  connection(kind: GatewayStatus["connection"]["kind"]): Promise<unknown>;
  /** The only row, when it is of these bytes. */
  row(digest: string): Promise<QueueRow>;
  /** What a page that was taken over would ask for: approve this, everything seen. */
  approve(row: QueueRow): Promise<unknown>;
  /** Nothing was signed and nothing waits to be sent. */
  expectNothingSigned(): void;
}

export async function arrange(options: { start?: false; prepare?: (g: HostileGateway) => void } = {}): Promise<Victim> {
  const clock = makeManualClock();
  const gateway = await startHostileGateway();
  options.prepare?.(gateway);
  const folder = path.join(await makeTemporaryFolder(), "vault");
  const { vault } = await openVault({
    folder,
    secret: randomBytes(32),
    random: randomBytes,
    now: 1_790_000_000,
    existing: false,
  });
  const key = makeUnlockedKey(softwareKeyStore(randomBytes).make().privateKey, "software");
  const credential = gateway.approver(key.jwk);
  const me = readStored("approver", credential);
  const seen = new Inbox<Seen>();
  const evidence = logAlarmFiles(path.join(folder, "evidence"));
  const draw = makeDraw(() => "Europe/London");
  const desk = makeDesk(
    {
      crypto,
      clock,
      random: (size) => (size === 4 ? Buffer.alloc(4) : randomBytes(size)),
      newId,
      sockets: wsSockets(""),
      client: { app: "Countersign", ver: "0.1.0", os: "test" },
      endpoint: new URL(gateway.url),
      iss: ISS,
      gatewayName: "Northgate Hospital",
      env: "demo",
      directory: { iss: DIRECTORY, key: crypto.importKey(gateway.directory.jwk as never) },
      me,
      kid: key.kid,
      credential,
      signer: { sub: me.sub, name: me.name ?? "", reg_no: me.reg_no ?? "", role: "Consultant" },
      vault,
      templates: {
        builtin: (dig) => builtinTemplates.find((t) => templateDigest(crypto, t) === dig),
        fetched: () => undefined,
      },
      get: () => Promise.reject(new CountersignError("E_CLI_OFFLINE")),
      isFromHere: () => false,
      fetchTemplate: () => Promise.resolve(false),
      genericTemplate: BUILTIN_TEMPLATES.generic,
      findHidden,
      draw,
      zone: () => "Europe/London",
      verifier: makeVerifier(verifyHere, clock),
      async keepAlarm(alarm) {
        await evidence(alarm);
        seen.put({ kept: alarm.code });
      },
      verifyPin: () => Promise.resolve(),
    },
    {
      onRow: (row) => {
        seen.put({ row });
      },
      onRowGone: () => undefined,
      onReview: () => undefined,
      onGateway: (status) => {
        seen.put({ gateway: status });
      },
      onConnection: () => undefined,
      onReading: () => undefined,
      onKeyAdded: () => undefined,
      onArrived: () => undefined,
    },
  );
  onTestFinished(() => desk.close());
  desk.focus(true);
  const connection: Victim["connection"] = (kind) =>
    desk.gateway().connection.kind === kind
      ? Promise.resolve()
      : seen.next((s) => "gateway" in s && s.gateway.connection.kind === kind);
  await desk.start(key);
  if (options.start !== false) await connection("live");
  return {
    gateway,
    clock,
    desk,
    seen,
    folder,
    status: () => desk.gateway(),
    connection,
    async row(digest) {
      const found = desk.rows().find((row) => row.digest === digest);
      if (found) return found;
      return ((await seen.next((s) => "row" in s && s.row.digest === digest)) as { row: QueueRow }).row;
    },
    async approve(row) {
      const { claims, template } = desk.openReview(row.key);
      return desk.decide({
        key: row.key,
        rev: row.rev,
        digest: row.digest,
        choice: {
          kind: "approve",
          granted: claims.authorization_details.map((e) => e.id),
          ack: [],
          overrides: [],
          seen: [...mustSee(draw(claims, template))],
          reentry: {},
        },
      });
    },
    expectNothingSigned() {
      expect(vault.outbox.entries()).toEqual([]);
      expect(gateway.received.all.filter((m) => m.type.endsWith(".submit"))).toEqual([]);
    },
  };
}
