import { randomFillSync } from "node:crypto";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { makeSigner, type PrivateJwk, type Signer } from "#shared/crypto/sign.ts";
import { leafText } from "#shared/ledger/leaf.ts";
import { leafHash } from "#shared/ledger/tree.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { effectOf } from "#shared/protocol/verify/effect.ts";
import type { ChainHead, DirectoryEntry } from "#shared/protocol/verify/state.ts";
import { readingOf } from "#shared/reports/reading.ts";

import type { AuditLog } from "../../../gateway/audit/log.ts";
import { makePen } from "../../../gateway/audit/records.ts";
import type { GatewayContext } from "../../../gateway/context.ts";
import { begin, executionId, makeExecutions } from "../../../gateway/decisions/execution.ts";
import { makePeople } from "../../../gateway/decisions/people.ts";
import { record } from "../../../gateway/decisions/submit.ts";
import { openDirectory } from "../../../gateway/directory/directory.ts";
import { requestRow } from "../../../gateway/requests/signed-request.ts";
import type { DecisionRow, RequestRow } from "../../../gateway/store/rows.ts";
import type { StoreTx } from "../../../gateway/store/store.ts";
import { uuid7 } from "../../../gateway/uuid7.ts";
import { crypto } from "../../gateway/device.ts";
import { GW } from "../../gateway/world.ts";
import { makeBenchClock } from "./clock.ts";
import { asked, decided } from "./objects.ts";
import { makeRecorder, type Write } from "./writes.ts";

export interface ScribeOptions {
  readonly directory: string;
  readonly origin: string;
  readonly gateway: PrivateJwk;
  readonly startMs: number;
  /** What agents asked first, of each kind. */
  readonly kinds: readonly RequestClaims[];
  /** Those who decide here and nowhere else: a key's decisions are one chain. */
  readonly approvers: readonly { readonly key: PrivateJwk; readonly head: ChainHead }[];
}

/** So many rows from the nth on; their leaves come after `leaves` others. */
export interface Order {
  readonly n: number;
  readonly rows: number;
  /** Unix seconds of the first row, and between two. */
  readonly at: number;
  readonly step: number;
  readonly leaves: number;
}

const isDenied = (n: number): boolean => n % 7 === 0;

/** Leaves of the nth row: request, decision, its outcome, and that of its execution. */
export const leavesOf = (n: number): number => (isDenied(n) ? 3 : 4);

interface Approver {
  readonly signer: Signer;
  readonly entry: DirectoryEntry;
  head: ChainHead;
}

/**
 * A gateway's pen without its store: signs requests, decisions, receipts and SETs by the gateway's own code and says what
 * has to be written. Nothing is verified here: whoever signs a thing need not ask whether they did.
 */
export function makeScribe(options: ScribeOptions): { write(order: Order): readonly Write[]; close(): void } {
  const clock = makeBenchClock(options.startMs);
  const signer = makeSigner(options.gateway);
  const directory = openDirectory(options.directory, { clock });
  const people = makePeople(GW, directory.view, { keyStanding: () => undefined, webauthnCount: () => 0 });
  const kinds = options.kinds.map((claims) => ({
    claims,
    reading: readingOf(claims, BUILTIN_TEMPLATES.medicationOrder),
  }));
  const approvers = options.approvers.map(({ key, head }): Approver => {
    const own = makeSigner(key);
    return { signer: own, entry: people.entry(own.kid) ?? fail(), head };
  });
  const published = new Set<string>();
  let [writes, leaves]: [Write[], number] = [[], 0];
  /** The request that is written, and who decided on it. */
  let row: RequestRow | undefined;
  let decisions: DecisionRow[] = [];

  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const log: Pick<AuditLog, "append" | "origin"> = {
    origin: options.origin,
    append(_tx, leaf) {
      const ts = leaf.ts ?? now();
      writes.push(["leaf", { ...leaf, ts }]);
      return { index: leaves++, leaf: encodeBase64url(leafHash(crypto, encodeUtf8(leafText({ ...leaf, ts })))) };
    },
  };
  const recorder = makeRecorder((one) => writes.push(one));
  const tx = {
    ...recorder,
    request: () => row,
    decisions: () => decisions,
    addDecision(decision) {
      decisions = [decision];
      recorder.addDecision(decision);
    },
    publish: (dig, ...rest) => !published.has(dig) && published.add(dig).size > 0 && recorder.publish(dig, ...rest),
    execution: (exec_id) => ({ exec_id, rid: row?.rid ?? "", rev: 1, started_at: now() }),
    // Nobody is told.
    addFeedEvent: () => 0,
    afterCommit: () => undefined,
  } satisfies Partial<StoreTx> as unknown as StoreTx;
  const feed = { publish: () => undefined };
  const uuid = (): string => uuid7(clock.nowMs(), randomOf(10));
  const pen = makePen({
    ...{ iss: GW, crypto, signer, now, uuid },
    // A pen appends and publishes, and nothing else.
    ...({ log, feed } as unknown as { log: AuditLog; feed: GatewayContext["feed"] }),
  });
  const store = { write: <T>(fn: (tx: StoreTx) => T): T => fn(tx) };
  // What recording and executing take before a commit.
  const context = {
    ...{ iss: GW, crypto, clock, now, uuid, log, pen, feed, signer, directory, people, store, enf: "gateway" },
  } as unknown as GatewayContext;
  const executions = makeExecutions(context);

  function one(n: number): void {
    const { claims: first, reading } = kinds[(n * 7) % kinds.length] ?? fail();
    const claims = asked(first, now());
    const request = requestRow(context, claims, signer.sign(TYP.request, claims), reading);
    const { rid, rev, dig: obj } = request;
    row = { ...request, state: "open", changed_at: now(), uses_left: 0 };
    decisions = [];
    tx.addRequest(request, now());
    pen.leaf(tx, { t: "request", rid, rev, obj, kid: signer.kid, ts: now() });
    const able = approvers.filter(({ entry }) => entry.pools.some((pool) => claims.policy.pools.includes(pool)));
    const person = able[n % able.length] ?? fail();
    decide(n, row, claims, person);
    if (isDenied(n)) return;
    begin(context, tx, row);
    const end = n % 31 === 0 ? ({ kind: "refused", status: 422 } as const) : ({ kind: "done", status: 201 } as const);
    executions.finish(executionId(row), { ...end, body: "" });
  }

  function decide(n: number, { dig, state }: RequestRow, claims: RequestClaims, person: Approver): void {
    const kind = isDenied(n) ? "deny" : "approve";
    const { signer: own, entry, head } = person;
    const said = decided(claims, dig, entry, { head, kind, n, now: now() });
    const jws = own.sign(TYP.decision, said);
    const request = { dig, state, claims };
    const judged = { kid: own.kid, claims: said, digest: jdig(crypto, jws), entry };
    record(context, tx, jws, { kind: "record", ...judged, request, effect: effectOf(judged, request, [], crypto) });
    person.head = { n: head.n + 1, prev: judged.digest };
  }

  return {
    write({ n, rows, at, step, leaves: before }) {
      [writes, leaves] = [[], before];
      for (let i = 0; i < rows; i++) {
        clock.set((at + i * step) * 1000);
        one(n + i);
      }
      return writes;
    },
    close: () => directory.close(),
  };
}

const pool = Buffer.alloc(10_000);
let used = pool.length;

/** Random bytes, asked of the system many at a time. */
function randomOf(bytes: number): Uint8Array {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return Buffer.from(pool.subarray(used - bytes, used));
}

function fail(): never {
  throw new Error("the bench's hospital is not whole");
}
