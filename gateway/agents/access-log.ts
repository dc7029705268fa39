import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";

import type { Records } from "../core.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../transport/logger.ts";

/** Something that policy allowed without a person and that touches a patient's data, or may. */
export interface Access {
  readonly agent: string;
  /** What the gateway's own log calls it: a tool's address or a resource type, never whom it is about. */
  readonly name: string;
  readonly url: string;
  readonly body: string;
  /** Below the FHIR base, or a tool's address. */
  readonly target: string;
  /** `Patient/id`, where it is known whom it is about. */
  readonly patient?: string;
}

/** The text behind an `access` entry. In the store alone: whom it is about is nowhere else. */
export interface AccessRecord {
  readonly format: typeof ACCESS_FORMAT;
  readonly id: string;
  /** Unix seconds. */
  readonly at: number;
  readonly agent: string;
  readonly name: string;
  /** Digest over id, address and body: what exactly was asked. */
  readonly call: string;
  readonly target: string;
  readonly patient?: string;
}
export const ACCESS_FORMAT = "countersign-access/1";

/** Writes one `access` entry and the record that it is the digest of. @throws CountersignError `E_STORE_*` */
export type NoteAccess = (access: Access) => void;

export interface AccessLogOptions {
  readonly crypto: Crypto;
  readonly store: Pick<Store, "write">;
  readonly records: Pick<Records, "leaf">;
  /** Key under whose name the leaf stands: the gateway's request key. */
  readonly kid: string;
  readonly logger: Logger;
  /** Unix seconds. */
  readonly now: () => number;
  readonly uuid: () => string;
}

export function makeAccessLog({ crypto, store, records, kid, logger, now, uuid }: AccessLogOptions): NoteAccess {
  return ({ agent, name, url, body, target, patient }) => {
    const id = uuid();
    // The id hides what is behind the digest: an address with a patient in it could be guessed.
    const record: AccessRecord = {
      ...{ format: ACCESS_FORMAT, id, at: now(), agent, name, call: dig(crypto, `${id}\n${url}\n${body}`), target },
      ...(patient === undefined ? {} : { patient }),
    };
    const text = JSON.stringify(record);
    const obj = dig(crypto, text);
    // SECURITY: every call that touches patient data is in the log, allowed ones too; without the log there is no call.
    store.write((tx) => {
      tx.publish(obj, "access", text, now(), { patient });
      records.leaf(tx, { t: "access", obj, kid });
    });
    logger.info("agent.allowed", { agent, name, obj });
  };
}
