import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import type { AppEvent, RequestKey, Settings } from "#shared/ipc/contract.ts";
import { present } from "#shared/presentation/present.ts";
import { allRows, mustSee } from "#shared/presentation/presentation.ts";

import { systemClock } from "../electron/clock.ts";
import { httpGet } from "../electron/connection/template-registry.ts";
import { wsSockets } from "../electron/connection/ws-socket.ts";
import { makeEnrolling } from "../electron/ipc/enrolling.ts";
import { makeReplacing } from "../electron/ipc/replacing.ts";
import { makeWorkstation } from "../electron/ipc/workstation.ts";
import { openVault } from "../electron/journal/vault.ts";
import { makeKeyring } from "../electron/keys/keyring.ts";
import { softwareKeyStore } from "../electron/keys/key-store.ts";
import { makePeople } from "../electron/keys/people.ts";
import { NO_PRACTICE } from "../electron/practice/practising.ts";
import type { DecideInput } from "../electron/requests/choice.ts";
import { openDesk } from "../electron/requests/open-desk.ts";
import { makeUuid7 } from "../electron/uuid7.ts";
import { colleague, type Demo } from "./compose.ts";
import { typedAgain } from "./typed-again.ts";
import { verifyHere } from "./verify-here.ts";

const FACILITY_ZONE = "Europe/London";
const SETTINGS: Settings = {
  ...{ language: "system", theme: "system", text_size: 100, density: "comfortable", single_keys: true },
  ...{ facility_zone: FACILITY_ZONE, site_ca_file: "", managed: [] },
};

/** A second clinician at a workstation of their own, without a window. */
export interface Colleague {
  /** What went wrong at that workstation; the demonstration goes on without the second person. */
  readonly onFault: (listener: (error: unknown) => void) => void;
  close(): Promise<void>;
}

/**
 * Enrols the colleague and signs them in. Everything of it is the product but for the eyes: once a request waits for a
 * second approver, they read it for `readingMs` and approve it, blind to what the first one decided.
 */
export async function startColleague(demo: Demo, state: string, readingMs: number): Promise<Colleague> {
  const [clock, crypto, random] = [systemClock(), makeNodeCrypto(), (size: number) => randomBytes(size)];
  const newId = makeUuid7(clock, random);
  // The gateway starts anew each time, and knows no key of the last one.
  const folder = path.join(state, "colleague");
  rmSync(folder, { recursive: true, force: true });
  const people = makePeople(path.join(folder, "people"));
  const keyring = makeKeyring({ crypto, clock, people, stores: [softwareKeyStore(random)], accepts: "demo" });
  const client = { app: "Countersign", ver: "0.1.0", os: "demonstration" };
  const own = { crypto, clock, random, newId, client };
  const wire = () =>
    Promise.resolve({ ...own, sockets: wsSockets(""), accepts: "demo" as const, deviceName: "Ward round tablet" });
  const waiting = new Set<NodeJS.Timeout>();
  const begun = new Set<string>();
  let tell: (error: unknown) => void = () => undefined;

  const workstation = makeWorkstation({
    clock,
    keyring,
    version: client.ver,
    settings: () => SETTINGS,
    scenarios: [],
    send: heard,
    onWaiting: () => undefined,
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
    practising: NO_PRACTICE,
    replacing: (events) => makeReplacing(keyring, wire, { ...events, onFault: (error) => tell(error) }),
    makeDesk: (known, secret, events) =>
      openDesk(
        {
          ...own,
          keyring,
          settings: () => SETTINGS,
          network: () => Promise.resolve({ sockets: wsSockets(""), get: httpGet("") }),
          startVerifier: verifyHere,
          vaultFolder: (kid) => people.vaultFolder(kid),
          onDamage: () => undefined,
        },
        known,
        secret,
        events,
      ),
  });

  function heard(event: AppEvent): void {
    const rows = event.kind === "rows" ? event.rows : event.kind === "snapshot" ? event.snapshot.rows : [];
    for (const { key, status, digest } of rows) {
      if (status.kind !== "needs_second" || begun.has(digest)) continue;
      begun.add(digest);
      read(key);
    }
  }

  function read(key: RequestKey): void {
    const desk = workstation.desks().at(key.iss);
    const { claims, template, row } = desk.openReview(key);
    const decide = async (): Promise<void> => {
      const presentation = present(claims, template, { facilityZone: FACILITY_ZONE, now: claims.iat });
      const seen = [...new Set([...mustSee(presentation), ...allRows(presentation).map(({ id }) => id)])];
      const choice = approval(claims, seen, colleague.pin);
      await desk.decide({ key, rev: row.rev, digest: row.digest, choice });
    };
    waiting.add(setTimeout(() => void decide().catch(tell), readingMs));
  }

  await workstation.start();
  workstation.focus(true);
  const { ticket, code } = demo.issueTicket(demo.gateway.wsUrl, colleague);
  const { pin } = colleague;
  const { done } = await workstation.beginEnrolment({ ticket, code, pin, key_store: "software" });
  const words = setInterval(() => void demo.confirmPending(), 50);
  const known = await done.finally(() => {
    clearInterval(words);
  });
  if (known === undefined) throw new Error("The demonstration's second clinician could not enrol.");
  await workstation.unlock(known.enrolment.kid, pin);
  return {
    onFault(listener) {
      tell = listener;
    },
    async close() {
      for (const timer of waiting) clearTimeout(timer);
      await workstation.stop();
    },
  };
}

type Approval = Extract<DecideInput["choice"], { readonly kind: "approve" }>;
type Claims = Parameters<typeof present>[0];

/** All that is asked for, every warning acknowledged, and what policy wants typed again as the record has it. */
function approval(claims: Claims, seen: readonly string[], pin: string): Approval {
  const facts = claims.facts ?? [];
  return {
    kind: "approve",
    granted: claims.authorization_details.map(({ id }) => id),
    ack: facts.filter(({ ack }) => ack).map(({ id }) => id),
    overrides: [],
    seen: [...seen],
    reentry: typedAgain(claims),
    pin,
  };
}
