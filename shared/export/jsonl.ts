import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { jcs } from "#shared/protocol/jcs.ts";
import type { Json } from "#shared/protocol/strict-json.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { erasureOf } from "./erasure-of.ts";
import { aboutJson, type ExportAbout } from "./about.ts";
import type { ReadItem } from "./read-item.ts";
import type { ExportWriter } from "./writer.ts";

/** What the events of a file are verified with. */
export interface Trust {
  /** Directory-signed credentials of the gateway. */
  readonly gateways: readonly string[];
  /** The directory's public key as this computer pinned it: a JWK. */
  readonly directory: PublicJwk;
}

/**
 * One canonical event (RFC 8785) on each line, in the order request, decisions, events, statements. Each line has the
 * signed object, its digest, and its leaf and proof in the log: verifiable by itself with the keys that the first line
 * names. Without identifiers a signed text that can name a patient stands there by its digest and its place in the log.
 */
export function jsonlWriter(crypto: Crypto, about: ExportAbout, trust: Trust): ExportWriter {
  const line = (event: object): Uint8Array => encodeUtf8(`${jcs(plain(event))}\n`);
  return {
    leftOut: 0,
    begin: () => [line({ v: 1, t: "export", ...aboutJson(about), ...trust })],
    row: (read) => eventsOf(crypto, read, about.identifiers).map(line),
    end: () => [],
  };
}

function eventsOf(crypto: Crypto, read: ReadItem, identifiers: boolean): object[] {
  const { item, digest, logged, checked, receivedAt, erasedAt, decisions } = read;
  const { rid, rev } = item;
  const object = (t: string, obj: string, jws: string | undefined, more: object = {}) => ({
    ...{ v: 1, t, rid, rev, obj },
    ...(jws === undefined || !identifiers ? {} : { jws }),
    ...logged.get(obj),
    ...more,
  });
  return [
    object("request", digest, item.request, {
      ...(receivedAt === undefined ? {} : { ts: receivedAt }),
      state: item.state,
      checked,
      ...(erasedAt === undefined ? {} : { erased: erasedAt, erasure: erasureOf(item) }),
    }),
    ...decisions.map(({ digest: obj, jws, receipt, receiptJws, credential }) =>
      object(receipt.result === "rejected" ? "rejection" : "decision", obj, jws, {
        ts: receipt.iat,
        receipt: receiptJws,
        ...(credential === undefined ? {} : { credential }),
      }),
    ),
    ...item.sets.map((jws) =>
      object("event", jdig(crypto, jws), jws, { ts: quietly(() => readStored("event", jws).iat) }),
    ),
    ...item.statements.map(({ statement, receipt, credential, proof, entry }) =>
      object("statement", jdig(crypto, statement), statement, { receipt, credential, proof, entry }),
    ),
  ];
}

/** Through JSON: members that are absent have no line of their own in a canonical text. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- what JSON.parse gives back is JSON
const plain = (event: object): Json => JSON.parse(JSON.stringify(event)) as Json;
