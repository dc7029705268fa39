import type { Leaf } from "#shared/ledger/leaf.ts";
import { verifyCheckpoint, type Checkpoint } from "#shared/ledger/note.ts";
import { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { leafHash } from "#shared/ledger/tree.ts";
import { sameBytes, verifyConsistency } from "#shared/ledger/verify.ts";
import { decodeBase64url, encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import { GatewayRefusal } from "../connection/wire.ts";
import type { LogAlarm } from "../journal/log-alarm.ts";
import type { Memory, PromisedEntry } from "../journal/memory.ts";
import { makeLogPromises } from "./log-promises.ts";

/** Where a checkpoint came from: the gateway's newest word, or one that may be older than what was seen. */
export type NoteSource = "ready" | "feed" | "proof";

/** This computer as a witness of the gateway's log (protocol.md 3.16): it pins what it saw and believes only what extends it. */
export interface LogWatch {
  /**
   * Checks a checkpoint against the pinned one and pins it if it is newer. Never throws for what a gateway says.
   * @param isProving the gateway says with it that it proves every erasure: kept for good, from this checkpoint on
   * @returns why it is not believed, or could not be compared; undefined where it fits
   */
  see(note: string, source: NoteSource, isProving?: boolean): Promise<ErrorCode | undefined>;
  /**
   * An entry of the gateway's history that is not what its log says, or an erasure that its log does not prove: an alarm like
   * any other, with the entry and its proof as evidence.
   */
  accuse(code: ErrorCode, shown: ShownEntry & { readonly proof: string }): Promise<void>;
  /** Keeps the gateway's word that an erasure is not in its log yet, and holds it to it: {@link LogPromises.take}. */
  promised(entry: PromisedEntry): Promise<boolean>;
  /** A connection has begun: what the gateway still owes is asked for. */
  connected(): void;
  /**
   * Fetches and verifies the proof that `leaf` is in the log.
   * @throws CountersignError `E_LOG_PENDING` while it is not there yet, `E_LOG_PROOF`, `E_LOG_KEY`, `E_LOG_FORK`,
   * `E_CLI_OFFLINE`, or what the gateway refused with
   */
  prove(leaf: LeafQuery): Promise<LeafProof>;
  /** The last verified checkpoint, for `seen` in a decision. */
  pinned(): { readonly origin: string; readonly size: number; readonly root: string } | undefined;
  /** Why the log is no longer believed, if it is not. */
  alarm(): ErrorCode | undefined;
  /**
   * How many logs of this gateway, under other keys, this computer saw before the present one. The directory vouches for
   * the new key; that a log began anew is still for people to see.
   */
  earlier(): number;
  /** Resolves when what was being written is on the disk; what the gateway still answers after that is not written. */
  close(): Promise<void>;
}

/** An exact entry, or an entry by its place with the object it must be about. */
export type LeafQuery =
  | { readonly kind: "exact"; readonly entry: string }
  | {
      readonly kind: "at";
      readonly index?: number;
      readonly leaf?: string;
      readonly t: Leaf["t"];
      readonly obj: string;
    };

export interface LeafProof {
  readonly proof: string;
  readonly entry: string;
}

type ShownEntry = NonNullable<LogAlarm["shown"]>;

const ANSWER_MS = 10_000;

export function makeLogWatch(
  parts: {
    readonly crypto: Crypto;
    readonly clock: Clock;
    readonly link: Pick<Link, "call" | "gateway">;
    readonly memory: Memory;
    readonly iss: string;
    readonly nowS: () => number;
    /** Keeps what shows that the log was changed; a failure to keep it takes nothing of the alarm away. */
    readonly keepAlarm: (alarm: LogAlarm) => Promise<void>;
  },
  onAlarm: (code: ErrorCode) => void,
): LogWatch {
  const { crypto, link, memory, iss } = parts;
  let alarm: ErrorCode | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let consistency: LogAlarm["consistency"];
  let writing: Promise<void> = Promise.resolve();
  let isClosed = false;

  /** Writes follow each other, because comparisons do, so the last one is all there is to wait for. */
  function write(what: () => Promise<void>): Promise<void> {
    if (isClosed) return Promise.reject(new CountersignError("E_CLI_OFFLINE"));
    const written = what();
    writing = written.catch(() => undefined);
    return written;
  }

  async function raise(code: ErrorCode, seen: string, shown?: LogAlarm["shown"]): Promise<void> {
    if (alarm !== undefined) return;
    alarm = code;
    const pinned = memory.checkpoint(iss, vkey());
    const gateway = link.gateway?.credential ?? "";
    const evidence = { format: "countersign-log-alarm/1", code, iss, at: parts.nowS(), gateway, seen } as const;
    const more = {
      ...(pinned === undefined ? {} : { pinned }),
      ...(consistency === undefined ? {} : { consistency }),
      ...(shown === undefined ? {} : { shown }),
    };
    // SECURITY: kept before it is told: who is told can already hand it on (reliability.md finding 4; T-15, T-16).
    await write(() => parts.keepAlarm({ ...evidence, ...more })).catch(() => undefined);
    onAlarm(code);
  }

  const vkey = (): string => {
    if (!link.gateway) throw new CountersignError("E_CLI_OFFLINE");
    return link.gateway.claims.log.vkey;
  };

  function pin(): Checkpoint | undefined {
    const key = vkey();
    const note = memory.checkpoint(iss, key);
    return note === undefined ? undefined : verifyCheckpoint(crypto, note, key);
  }

  async function compare(note: string, source: NoteSource): Promise<void> {
    consistency = undefined;
    const next = verifyCheckpoint(crypto, note, vkey());
    const old = pin();
    if (next.size > 0 && (!old || next.size > old.size)) {
      if (old) await checkExtends(old, next);
      await write(() => memory.learn([{ t: "checkpoint", iss, vkey: vkey(), note }]));
      return;
    }
    if (!old) return;
    // SECURITY: a log that is shorter than one it signed before lost entries, reliability.md finding 4 (T-15).
    if (next.size < old.size && source === "ready") throw new CountersignError("E_LOG_FORK");
    if (next.size === old.size && !sameBytes(next.root, old.root)) throw new CountersignError("E_LOG_FORK");
    if (next.size > 0 && next.size < old.size) await checkExtends(next, old);
  }

  async function learnProving(note: string): Promise<void> {
    const key = vkey();
    if (memory.provesFrom(iss, key) !== undefined) return;
    const { size: from } = verifyCheckpoint(crypto, note, key);
    await write(() => memory.learn([{ t: "proving", iss, vkey: key, from }]));
  }

  async function checkExtends(from: Checkpoint, to: Checkpoint): Promise<void> {
    const { body } = await askConsistency(from, to);
    consistency = { from: from.size, to: to.size, hashes: body.hashes };
    let proof: Uint8Array[];
    try {
      proof = body.hashes.map(decodeBase64url);
    } catch {
      throw new CountersignError("E_LOG_FORK");
    }
    const input = { size1: from.size, size2: to.size, root1: from.root, root2: to.root, proof };
    // SECURITY: append-only or alarm, protocol.md 3.16 (T-15, T-16).
    if (!verifyConsistency(crypto, input)) throw new CountersignError("E_LOG_FORK");
  }

  async function askConsistency(from: Checkpoint, to: Checkpoint) {
    try {
      return await link.call("log.consistency", { from: from.size, to: to.size }, "log.consistency", ANSWER_MS);
    } catch (error) {
      // SECURITY: it signed both. One that knows nothing of a size that it signed is another history (reliability.md B10).
      if (error instanceof GatewayRefusal && error.code === "E_LOG_RANGE") throw new CountersignError("E_LOG_FORK");
      throw error;
    }
  }

  /** One at a time: each comparison starts from what the one before pinned. */
  function see(note: string, source: NoteSource, isProving = false): Promise<ErrorCode | undefined> {
    const seen = tail.then(async () => {
      try {
        await compare(note, source);
        if (isProving) await learnProving(note);
        return alarm;
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        if (error.code === "E_LOG_FORK" || error.code === "E_LOG_KEY" || error.code === "E_LOG_PROOF")
          await raise(error.code, note);
        // Anything else is about the connection: the next checkpoint is compared with the same pin.
        return error.code;
      }
    });
    tail = seen;
    return seen;
  }

  /** In its turn, as everything that speaks of what is pinned. */
  function accuse(code: ErrorCode, seen: () => string, shown: ShownEntry): Promise<void> {
    const accused = tail.then(() => {
      consistency = undefined;
      return raise(code, seen(), shown);
    });
    tail = accused;
    return accused;
  }

  async function prove(query: LeafQuery): Promise<LeafProof> {
    const answer = await link.call("log.proof", wireQuery(query), "log.proof", ANSWER_MS);
    const { proof, entry } = answer.body;
    checkEntry(query, entry);
    const { index } = verifyTlogProof(crypto, { proof, entry, vkey: vkey() });
    if (query.kind === "at" && query.index !== undefined && index !== query.index) {
      throw new CountersignError("E_LOG_PROOF");
    }
    await see(noteOf(proof), "proof");
    if (alarm) throw new CountersignError("E_LOG_FORK");
    return { proof, entry };
  }

  const promises = makeLogPromises({
    ...{ clock: parts.clock, memory, iss, vkey: () => link.gateway?.claims.log.vkey },
    learn(records) {
      const learnt = tail.then(() => write(() => memory.learn(records)));
      tail = learnt.catch(() => undefined);
      return learnt;
    },
    prove: (entry) => prove({ kind: "exact", entry }),
    accuse: ({ entry, request, at }) =>
      accuse("E_LOG_ERASURE", () => memory.checkpoint(iss, vkey()) ?? "", {
        ...{ entry, withheld: { request, reason: "erased", at, erasure: { entry } } },
      }),
  });

  return {
    see,
    accuse: (code, shown) => accuse(code, () => noteOf(shown.proof), shown),
    promised: (entry) => promises.take(entry),
    connected() {
      void promises.look();
    },
    prove,
    pinned() {
      const checkpoint = link.gateway && alarm === undefined ? pin() : undefined;
      if (!checkpoint) return undefined;
      const { origin, size, root } = checkpoint;
      return { origin, size, root: encodeBase64url(root) };
    },
    alarm: () => alarm,
    earlier() {
      const key = link.gateway?.claims.log.vkey;
      return key === undefined ? 0 : memory.logs(iss).filter((other) => other !== key).length;
    },
    close() {
      isClosed = true;
      promises.stop();
      return writing;
    },
  };

  function wireQuery(query: LeafQuery): { index: number } | { leaf: string } {
    if (query.kind === "exact") return { leaf: encodeBase64url(leafHash(crypto, encodeUtf8(query.entry))) };
    if (query.index !== undefined) return { index: query.index };
    if (query.leaf !== undefined) return { leaf: query.leaf };
    throw new CountersignError("E_LOG_PENDING");
  }

  /** The entry itself must be about what was asked: a valid proof of something else proves nothing. */
  function checkEntry(query: LeafQuery, entry: string): void {
    if (query.kind === "exact") {
      if (entry !== query.entry) throw new CountersignError("E_LOG_PROOF");
      return;
    }
    const leaf = parseStrict(entry);
    const fits =
      typeof leaf === "object" &&
      leaf !== null &&
      !Array.isArray(leaf) &&
      leaf["t"] === query.t &&
      leaf["obj"] === query.obj;
    if (!fits) throw new CountersignError("E_LOG_PROOF");
  }
}

const noteOf = (proof: string): string => proof.slice(proof.indexOf("\n\n") + 2);
