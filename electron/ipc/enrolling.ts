import type { CommandInput, EnrolmentStatus, WireFault } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { EnrolmentTicket } from "#shared/protocol/claims/session.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { GatewayRefusal } from "../connection/wire.ts";
import { enrol, type EnrolmentParts } from "../keys/enrolment.ts";
import { parseTicket } from "../keys/enrolment-proof.ts";
import type { KeyStore } from "../keys/key-store.ts";
import type { Keyring, Known } from "../keys/keyring.ts";
import { subjectOf, type KnownPerson } from "../keys/known-person.ts";
import { checkNewPin } from "../keys/pin.ts";
import type { Enrolment } from "../keys/people.ts";
import type { UnlockedKey } from "../keys/unlocked-key.ts";
import { keyOf, type KeyMaterial } from "../keys/wrapped-key.ts";
import { faultOf } from "./dispatch.ts";

export interface EnrolInput {
  readonly ticket: string;
  readonly code: string;
  readonly pin: string;
  readonly key_store: CommandInput<"enrol_begin">["key_store"];
}

/** One enrolment at a time, told to the screen as steps (approval-experience.md S1). */
export interface Enrolling {
  /**
   * Begins; what follows comes as statuses. `done` is who was enrolled in the end, or undefined.
   * @param joins who is enrolled already and adds a gateway: the PIN is theirs, and the key goes where theirs are
   * @throws CountersignError for a ticket, PIN or key store that will not do; nothing was sent
   */
  begin(input: EnrolInput, joins?: KnownPerson): Promise<{ readonly done: Promise<Known | undefined> }>;
  /** Gives up; nothing is kept. */
  cancel(): void;
  isRunning(): boolean;
}

/** Key stores by the name that set-up gives them (README decision 7). */
const STORAGE = { os: "os", software: "software", pkcs11: "hardware" } as const;

const ANOTHERS = "This ticket is for another person, or from another hospital's directory. Nothing was kept.";

/** After these the person can try again with what is on the screen. */
const AGAIN: ReadonlySet<string> = new Set([
  "E_ENROL_CODE",
  "E_CLI_OFFLINE",
  "E_CLI_TLS",
  "E_RATE",
  "E_CLI_PIN",
  "E_CLI_TOKEN",
  "E_CLI_TOKEN_REMOVED",
]);

export function makeEnrolling(
  keyring: Keyring,
  parts: {
    readonly wire: () => Promise<EnrolmentParts>;
    /** Makes the empty files of a new person, sealed under their secret. */
    readonly makeVault: (kid: string, secret: Uint8Array) => Promise<void>;
  },
  onStatus: (status: EnrolmentStatus) => void,
): Enrolling {
  let running: AbortController | undefined;

  /**
   * Who of this workstation the new key is another one of, under the PIN that they have.
   * @throws CountersignError `E_ENROL_TICKET` when it is not the person who adds a gateway
   */
  async function sharing(
    { claims, directoryKid }: { readonly claims: ApproverClaims; readonly directoryKid: string },
    { pin }: EnrolInput,
    store: KeyStore,
    joins: KnownPerson | undefined,
  ): Promise<KnownPerson | undefined> {
    const subject = subjectOf(claims, directoryKid);
    // SECURITY: one person's PIN never opens another one's key.
    if (joins && joins.subject !== subject) throw new CountersignError("E_ENROL_TICKET", ANOTHERS);
    if (joins) return joins;
    if (store.pinIsTheCards) return undefined;
    for (const one of keyring.people().filter((known) => known.subject === subject)) {
      if (one.person.key_storage === store.storage && (await isPinOf(one, pin))) return one;
    }
    return undefined;
  }

  async function isPinOf({ person }: KnownPerson, pin: string): Promise<boolean> {
    try {
      await keyring.verify(person.kid, pin);
      return true;
    } catch (error) {
      if (error instanceof CountersignError) return false;
      throw error;
    }
  }

  async function run(
    input: EnrolInput,
    ticket: EnrolmentTicket,
    store: KeyStore,
    joins: KnownPerson | undefined,
    abort: AbortController,
  ): Promise<Known | undefined> {
    onStatus({ kind: "connecting" });
    let material: KeyMaterial | undefined;
    let key: UnlockedKey | undefined;
    let isKept = false;
    try {
      material = await store.make(input.pin);
      key = keyOf(material, store.storage);
      const enrolled = await enrol(
        await parts.wire(),
        { ticket, code: input.code, key },
        (words, expires_at) => {
          onStatus({ kind: "check_words", words, expires_at });
        },
        abort.signal,
      );
      const shared = await sharing(
        { claims: enrolled.claims, directoryKid: ticket.directory_kid },
        input,
        store,
        joins,
      );
      const enrolment: Enrolment = {
        kid: key.kid,
        storage: store.storage,
        iss: enrolled.gateway.iss,
        gateway_name: enrolled.gateway.claims.name ?? enrolled.gateway.iss,
        env: enrolled.env,
        ws_endpoint: ticket.ws_endpoint,
        credential: enrolled.credential,
        directory_iss: enrolled.directoryIss,
        directory: enrolled.directory,
        ...(shared === undefined ? {} : { pin_of: shared.pin }),
      };
      await parts.makeVault(key.kid, material.secret);
      const known = await keyring.add(enrolment, material, input.pin);
      isKept = true;
      onStatus({ kind: "done", person: known.person, gateway_name: enrolment.gateway_name });
      return known;
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      if (!abort.signal.aborted) onStatus(failure(error));
      return undefined;
    } finally {
      // What cannot be taken off a card now stays there unused; nothing was enrolled with it.
      if (material && "token" in material && !isKept) await material.forget().catch(() => undefined);
      key?.lock();
      material?.secret.fill(0);
    }
  }

  return {
    async begin(input, joins) {
      if (running) throw new CountersignError("E_CLI_STATE", "Another enrolment is under way.");
      const abort = new AbortController();
      running = abort;
      const end = (): void => {
        if (running === abort) running = undefined;
      };
      try {
        const ticket = parseTicket(input.ticket);
        const store = keyring.store(joins?.person.key_storage ?? STORAGE[input.key_store]);
        if (joins) await keyring.verify(joins.person.kid, input.pin);
        else if (!store.pinIsTheCards) checkNewPin(input.pin);
        await store.check();
        return { done: run(input, ticket, store, joins, abort).finally(end) };
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel() {
      running?.abort();
      running = undefined;
    },
    isRunning: () => running !== undefined,
  };
}

function failure(error: CountersignError): EnrolmentStatus {
  const fault = enrolmentFault(error);
  return AGAIN.has(error.code) ? { kind: "ticket", error: fault } : { kind: "failed", error: fault };
}

function enrolmentFault(error: CountersignError): WireFault {
  const tries = error instanceof GatewayRefusal ? error.wire.tries_left : undefined;
  const fault =
    error instanceof GatewayRefusal ? { code: error.code, message: sentenceOf(error.code) } : faultOf(error);
  const said =
    error.code === "E_CLI_OFFLINE"
      ? {
          ...fault,
          message: "The gateway on the ticket does not answer. Check the network, and that the ticket is whole.",
        }
      : fault;
  return tries === undefined ? said : { ...said, tries_left: tries };
}
