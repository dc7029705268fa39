import { randomBytes } from "node:crypto";
import path from "node:path";

import { onTestFinished } from "vitest";

import type {
  AppEvent,
  GatewayStatus,
  QueueRow,
  ReadingShort,
  RequestStatus,
  ReviewData,
} from "#shared/ipc/contract.ts";
import { mustSee } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Template } from "#shared/protocol/template.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { verifyHere } from "../../../demo/verify-here.ts";
import { makeVerifier } from "../../../electron/records/verifier.ts";
import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { logAlarmFiles } from "../../../electron/journal/log-alarm.ts";
import { openVault } from "../../../electron/journal/vault.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import type { DecideInput } from "../../../electron/requests/choice.ts";
import { makeDesk } from "../../../electron/requests/desk.ts";
import type { Desk } from "../../../electron/requests/desk-port.ts";
import { makeDraw } from "../../../electron/requests/draw.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, newId, type RequestChange, type SignedRequest } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { Judge } from "../judge.ts";
import { makeManualClock, type ManualClock } from "../manual-clock.ts";
import type { ScriptedGateway } from "../scripted-gateway.ts";
import { startGateway } from "../start-gateway.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

export const PIN = "730415";
const drawAgain = makeDraw(() => "Europe/London");

type Seen =
  | { readonly kind: "row"; readonly row: QueueRow }
  | { readonly kind: "gone"; readonly rid: string }
  | { readonly kind: "review"; readonly review: ReviewData }
  | { readonly kind: "reading"; readonly rid: string; readonly short: ReadingShort | undefined }
  | { readonly kind: "gateway"; readonly gateway: GatewayStatus }
  | { readonly kind: "notice"; readonly notice: Extract<AppEvent, { kind: "notice" }>["notice"] }
  | { readonly kind: "key-added" }
  | { readonly kind: "keeping" };

export interface Arranged {
  readonly clock: ManualClock;
  readonly gateway: ScriptedGateway;
  readonly judge: Judge;
  readonly desk: Desk;
  readonly seen: Inbox<Seen>;
  readonly folder: string;
  live(): Promise<unknown>;
  status(rid: string, kind: RequestStatus["kind"]): Promise<QueueRow>;
  row(rid: string): QueueRow | undefined;
  /** Issues a request, waits for it and opens its review. */
  opened(over?: RequestChange): Promise<SignedRequest>;
  approve(request: SignedRequest, over?: Partial<Extract<DecideInput["choice"], { kind: "approve" }>>): DecideInput;
  deny(request: SignedRequest): DecideInput;
  /** Drops the connection, and waits until this side knows. */
  drop(): Promise<void>;
  reconnect(): Promise<void>;
  /** The process is gone; another one opens the same files, and is live unless told what to wait for. */
  restart(until?: (t: Arranged) => Promise<unknown>): Promise<Desk>;
  pinDelay: { current: Promise<void> };
  /** Holds the writing of a log alarm; `seen` has "keeping" when it begins. */
  keepDelay: { current: Promise<void> };
  /** What the address of the status lists answers: the hospital's list unless told otherwise. */
  lists: { current: (url: URL) => Promise<string> };
  /** Every address that was asked over HTTP. */
  asked: string[];
  files: Awaited<ReturnType<typeof openVault>>["vault"];
}

export async function arrangeDesk(
  options: {
    prepare?: (judge: Judge) => void;
    start?: boolean;
    offsetMs?: number;
    siteTemplates?: readonly Template[];
  } = {},
): Promise<Arranged> {
  const clock = makeManualClock();
  const gateway = await startGateway(clock);
  gateway.offsetMs = options.offsetMs ?? 0;
  const judge = new Judge(gateway);
  options.prepare?.(judge);
  const folder = path.join(await makeTemporaryFolder(), "vault");
  const material = softwareKeyStore(randomBytes).make();
  const secret = randomBytes(32);
  const newKey = () => makeUnlockedKey(material.privateKey, "software");
  const { kid, jwk } = newKey();
  const credential = gateway.hospital.approverCredential(jwk);
  const me = readStored("approver", credential);
  const seen = new Inbox<Seen>();
  const pinDelay = { current: Promise.resolve() };
  const keepDelay = { current: Promise.resolve() };
  const lists: Arranged["lists"] = { current: async () => gateway.hospital.statusList() };
  const asked: string[] = [];
  const evidence = logAlarmFiles(path.join(folder, "evidence"));

  const sites = new Map<string, Template>();
  const build = async (existing: boolean) => {
    const { vault } = await openVault({ folder, secret, random: randomBytes, now: 1_790_000_000, existing });
    const desk = makeDesk(
      {
        crypto,
        clock,
        random: (size) => (size === 4 ? Buffer.alloc(4) : randomBytes(size)),
        newId,
        sockets: wsSockets(""),
        client: { app: "Countersign", ver: "0.1.0", os: "test" },
        endpoint: new URL(gateway.url),
        iss: GATEWAY_ISS,
        gatewayName: "Northgate Hospital",
        env: "demo",
        directory: { iss: DIRECTORY_ISS, key: crypto.importKey(gateway.hospital.directory.jwk) },
        me,
        kid,
        credential,
        signer: { sub: me.sub, name: me.name ?? "", reg_no: me.reg_no ?? "", role: "Consultant" },
        vault,
        templates: {
          builtin: (dig) => builtinTemplates.find((t) => templateDigest(crypto, t) === dig),
          fetched: (dig) => sites.get(dig),
        },
        get: (url) => {
          asked.push(url.href);
          return lists.current(url);
        },
        isFromHere: () => false,
        async fetchTemplate(dig) {
          const found = options.siteTemplates?.find((t) => templateDigest(crypto, t) === dig);
          if (found) sites.set(dig, found);
          return found !== undefined;
        },
        genericTemplate: BUILTIN_TEMPLATES.generic,
        findHidden,
        draw: makeDraw(() => "Europe/London"),
        zone: () => "Europe/London",
        verifier: makeVerifier(verifyHere, clock),
        async keepAlarm(alarm) {
          seen.put({ kind: "keeping" });
          await keepDelay.current;
          await evidence(alarm);
        },
        async verifyPin(pin) {
          await pinDelay.current;
          if (pin !== PIN) throw new CountersignError("E_CLI_PIN");
        },
      },
      {
        onRow: (row) => {
          seen.put({ kind: "row", row });
        },
        onRowGone: ({ rid }) => {
          seen.put({ kind: "gone", rid });
        },
        onReview: (review) => {
          seen.put({ kind: "review", review });
        },
        onReading: ({ rid }, short) => {
          seen.put({ kind: "reading", rid, short });
        },
        onGateway: (status) => {
          seen.put({ kind: "gateway", gateway: status });
        },
        onConnection: (notice) => {
          seen.put({ kind: "notice", notice });
        },
        onKeyAdded: () => {
          seen.put({ kind: "key-added" });
        },
        onArrived: () => undefined,
      },
    );
    onTestFinished(() => desk.close());
    return { desk, vault };
  };

  let { desk, vault } = await build(false);
  desk.focus(true);
  const connection = (kind: string) => seen.next((s) => s.kind === "gateway" && s.gateway.connection.kind === kind);
  const live = () => (desk.gateway().connection.kind === "live" ? Promise.resolve() : connection("live"));
  if (options.start !== false) {
    await desk.start(newKey());
    await live();
  }

  const arranged: Arranged = {
    clock,
    gateway,
    judge,
    get desk() {
      return desk;
    },
    seen,
    folder,
    pinDelay,
    keepDelay,
    lists,
    asked,
    get files() {
      return vault;
    },
    live,
    row: (rid) => desk.rows().find((row) => row.key.rid === rid),
    async status(rid, kind) {
      const now = arranged.row(rid);
      if (now?.status.kind === kind) return now;
      const next = await seen.next((s) => s.kind === "row" && s.row.key.rid === rid && s.row.status.kind === kind);
      return (next as Extract<Seen, { kind: "row" }>).row;
    },
    async opened(over) {
      const request = judge.issue(over);
      await seen.next((s) => s.kind === "row" && s.row.digest === request.digest);
      desk.openReview({ iss: GATEWAY_ISS, rid: request.claims.rid });
      return request;
    },
    approve({ claims, digest }, over = {}) {
      const presentation = drawAgain(claims, BUILTIN_TEMPLATES.medicationOrder);
      return {
        key: { iss: GATEWAY_ISS, rid: claims.rid },
        rev: claims.rev,
        digest,
        choice: {
          kind: "approve",
          granted: claims.authorization_details.map((e) => e.id),
          ack: (claims.facts ?? []).filter((f) => f.ack).map((f) => f.id),
          overrides: (claims.facts ?? [])
            .filter((f) => f.override === true)
            .map((f) => ({ fact: f.id, code: "will-monitor" as const })),
          seen: [...mustSee(presentation)],
          reentry: {},
          ...over,
        },
      };
    },
    deny: ({ claims, digest }) => ({
      key: { iss: GATEWAY_ISS, rid: claims.rid },
      rev: claims.rev,
      digest,
      choice: { kind: "deny", reason: { code: "not-needed" }, report_agent: false },
    }),
    async drop() {
      gateway.peer.socket.terminate();
      await connection("offline");
    },
    async reconnect() {
      clock.advance(600);
      await connection("live");
    },
    async restart(until = live) {
      await desk.close();
      ({ desk, vault } = await build(true));
      await desk.start(newKey());
      await until(arranged);
      return desk;
    },
  };
  return arranged;
}
