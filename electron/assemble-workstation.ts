import type { Settings } from "#shared/ipc/contract.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";

import type { Clock, RandomBytes } from "./clock.ts";
import type { ClientInfo } from "./connection/handshake.ts";
import { httpGet } from "./connection/template-registry.ts";
import { wsSockets } from "./connection/ws-socket.ts";
import { makeEnrolling } from "./ipc/enrolling.ts";
import { makeReplacing } from "./ipc/replacing.ts";
import { makeWorkstation } from "./ipc/workstation.ts";
import type { Workstation, WorkstationParts } from "./ipc/workstation-port.ts";
import { openVault, type Damage } from "./journal/vault.ts";
import type { Keyring, Known } from "./keys/keyring.ts";
import type { People } from "./keys/people.ts";
import { makePractising, NO_PRACTICE } from "./practice/practising.ts";
import type { StartVerifyProcess } from "./records/verifier.ts";
import type { Desk, DeskEvents } from "./requests/desk-port.ts";
import { openDesk } from "./requests/open-desk.ts";

/** Where a workstation stands, and what surrounds it. */
export interface Surroundings extends Pick<WorkstationParts, "scenarios" | "send" | "onWaiting"> {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly client: ClientInfo;
  /** As the directory and other people read it. */
  readonly deviceName: string;
  readonly people: People;
  readonly keyring: Keyring;
  /** Which gateways this app enrols with. */
  readonly accepts: "production" | "demo";
  readonly settings: () => Settings;
  /** PEM text of the site's own certificate authorities; empty where it has none. @throws CountersignError `E_CLI_INPUT` */
  readonly siteCa: () => Promise<string>;
  /** Starts what verifies a gateway's history. */
  readonly startVerifier: StartVerifyProcess;
  /** The folder of who practised; absent where nobody has to. */
  readonly practiceFolder?: string;
  readonly onDamage: (damage: readonly Damage[], known: Known) => void;
  /** The key could not be replaced: nobody waits for an answer any more. */
  readonly onKeyFault: (error: unknown) => void;
  /** Looks over what the desk tells: the demonstration's lessons. */
  readonly beside?: (events: DeskEvents, open: (events: DeskEvents) => Promise<Desk>) => Promise<Desk>;
}

/**
 * The workstation behind the page's door: keys, files, enrolment, practice and desks, put together once for the app, for
 * the demonstration's second person and for the tests. Nothing of it needs Electron.
 */
export function assembleWorkstation(around: Surroundings): Workstation {
  const { crypto, clock, random, newId, client, people, keyring, accepts, deviceName, settings } = around;
  const own = { crypto, clock, random, newId, client };
  const wire = async () => ({ ...own, sockets: wsSockets(await around.siteCa()), accepts, deviceName });
  const { practiceFolder, beside = plainly } = around;
  return makeWorkstation({
    clock,
    keyring,
    version: client.ver,
    settings,
    scenarios: around.scenarios,
    send: around.send,
    onWaiting: around.onWaiting,
    enrolling: (onStatus) =>
      makeEnrolling(
        keyring,
        {
          wire,
          async makeVault(kid, secret) {
            const now = Math.floor(clock.nowMs() / 1000);
            const opened = await openVault({ folder: people.vaultFolder(kid), secret, random, now, existing: false });
            await opened.vault.close();
          },
        },
        onStatus,
      ),
    practising:
      practiceFolder === undefined
        ? NO_PRACTICE
        : makePractising({ ...own, keyring, zone: () => settings().facility_zone }, practiceFolder),
    replacing: (events) => makeReplacing(keyring, wire, { ...events, onFault: around.onKeyFault }),
    makeDesk: (known, secret, deskEvents) =>
      beside(deskEvents, (events) =>
        openDesk(
          {
            ...own,
            keyring,
            settings,
            async network() {
              const ca = await around.siteCa();
              return { sockets: wsSockets(ca), get: httpGet(ca) };
            },
            startVerifier: around.startVerifier,
            vaultFolder: (kid) => people.vaultFolder(kid),
            onDamage(damage) {
              around.onDamage(damage, known);
            },
          },
          known,
          secret,
          events,
        ),
      ),
  });
}

const plainly: NonNullable<Surroundings["beside"]> = (events, open) => open(events);
