import type { KeyReplacement, ReplacementStep, WireFault } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { parseEndpoint } from "../connection/endpoint.ts";
import { GatewayRefusal } from "../connection/wire.ts";
import type { EnrolmentParts } from "../keys/enrolment.ts";
import type { Keyring, Known, Unlocked } from "../keys/keyring.ts";
import { vaultOf, type Enrolment } from "../keys/people.ts";
import type { Replacement } from "../keys/replacement.ts";
import { isOver, rotateKey } from "../keys/rotation.ts";
import { faultOf } from "./dispatch.ts";

export interface ReplacingEvents {
  onStatus(status: KeyReplacement): void;
  /** Resolves when the old key was taken from its desk at this gateway and nothing is on its way under it. */
  standDown(iss: string, signal: AbortSignal): Promise<void>;
  /**
   * The new key has the old one's place, on the disk and at the directory. The signal is aborted when its person has
   * locked since it began: whoever is at work now is not told, and perhaps is somebody else.
   */
  onReplaced(unlocked: Unlocked, signal: AbortSignal): Promise<void>;
  /** The old key was taken from the desk and the new one is not in its place: the person has to unlock again. */
  onStuck(): void;
  onFault(error: unknown): void;
}

/** The replacement of a key of the person at work (protocol.md 3.13), from their word until the new key is in its place. */
export interface Replacing {
  /**
   * Begins, or goes on with what was begun before a lock or a restart. Resolves once the new key is on the disk.
   * @throws CountersignError `E_CLI_STATE`, `E_CLI_PIN`, `E_CLI_PIN_LOCKED`, `E_CLI_TOKEN_*`, `E_CLI_KEYSTORE`: nothing was sent
   */
  begin(known: Known, pin: string): Promise<void>;
  /** Locked: it goes on after the next unlock. */
  stop(): void;
}

export function makeReplacing(
  keyring: Pick<Keyring, "replace">,
  wire: () => Promise<EnrolmentParts>,
  events: ReplacingEvents,
): Replacing {
  let running: AbortController | undefined;

  async function run({ enrolment, claims, directory }: Known, keys: Replacement, signal: AbortSignal): Promise<void> {
    const { iss } = enrolment;
    const tell = (step: ReplacementStep): void => {
      events.onStatus({ iss, ...step });
    };
    let isTaken = false;
    let isKept = false;
    try {
      const parts = {
        ...(await wire()),
        endpoint: parseEndpoint(enrolment.ws_endpoint),
        directory,
        iss,
      };
      let isTold = false;
      const waiting = (): void => {
        if (!isTold) tell({ kind: "waiting" });
        isTold = true;
      };
      const { credential } = await rotateKey(parts, { ...keys, sub: claims.sub }, waiting, signal);
      tell({ kind: "ready" });
      await events.standDown(iss, signal);
      isTaken = true;
      const next: Enrolment = {
        ...enrolment,
        kid: keys.next.kid,
        credential,
        replaces: enrolment.kid,
        vault: vaultOf(enrolment),
      };
      const unlocked = await keys.keep(next);
      isKept = true;
      // What follows is a desk with the new key, whatever the lock has been doing meanwhile.
      await events.onReplaced(unlocked, signal);
    } catch (error) {
      if (!isKept && error instanceof CountersignError && isOver(error)) await keys.drop();
      if (isTaken && !signal.aborted) events.onStuck();
      if (!(error instanceof CountersignError)) events.onFault(error);
      else if (!signal.aborted) tell({ kind: "failed", error: faultIn(error) });
    } finally {
      if (!isKept) keys.close();
    }
  }

  return {
    async begin(known, pin) {
      if (running) throw new CountersignError("E_CLI_STATE", "Your key is being replaced already.");
      const abort = new AbortController();
      running = abort;
      const end = (): void => {
        if (running === abort) running = undefined;
      };
      try {
        const keys = await keyring.replace(known.enrolment.kid, pin);
        if (abort.signal.aborted) {
          keys.close();
          throw new CountersignError("E_CLI_LOCKED");
        }
        events.onStatus({ iss: known.enrolment.iss, kind: "asking" });
        void run(known, keys, abort.signal)
          .catch((error: unknown) => {
            events.onFault(error);
          })
          .finally(end);
      } catch (error) {
        end();
        throw error;
      }
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}

function faultIn(error: CountersignError): WireFault {
  // The registry's sentences for these speak of a ticket.
  if (isOver(error)) return { code: error.code, message: "The directory did not sign for a new key. Try again." };
  return error instanceof GatewayRefusal ? { code: error.code, message: sentenceOf(error.code) } : faultOf(error);
}
