import { CountersignError } from "#shared/protocol/error.ts";
import type { ConnectionStatus } from "#shared/ipc/contract.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import type { Standing, StatusLists, StatusPlace } from "../connection/status-lists.ts";
import type { TrustedGateway } from "../connection/trusted-gateway.ts";

/** How soon a list is fetched again: as its `ttl` says within these, and after a failure. */
const LEAST_S = 30;
const MOST_S = 300;
const RETRY_S = 30;
/** Unreachable for longer: high and critical approvals fail closed (protocol.md 3.13). */
const MAX_AGE_MS = 300_000;
const GRAVE: ReadonlySet<RequestClaims["action"]["risk"]> = new Set(["high", "critical"]);

export type StandingStop = "E_KEY_REVOKED" | "E_KEY_SUSPENDED" | "E_GW_CRED" | "E_CLI_STATUS";

/** What the directory's status lists say of my key and of the gateway, looked at for as long as there is a connection. */
export interface StandingWatch {
  /** Connected: looks now, and again from time to time. */
  begin(): void;
  /** Looks now. */
  look(): void;
  /** Not connected, or the end. */
  end(): void;
  /** The gateway without its keys while the directory has stopped it: C3 refuses whatever it signs. */
  believed(gateway: TrustedGateway | undefined): TrustedGateway | undefined;
  /** Why my key may not sign, if it may not. */
  keyStop(): "E_KEY_REVOKED" | "E_KEY_SUSPENDED" | undefined;
  /** Why an approval of this risk may not be signed, if it may not; without a risk, the worst there is to say. */
  stop(risk?: RequestClaims["action"]["risk"]): StandingStop | undefined;
}

export function makeStandingWatch(
  parts: {
    readonly clock: Clock;
    readonly lists: StatusLists;
    readonly me: StatusPlace;
    readonly link: Pick<Link, "gateway">;
    readonly nowS: () => number;
  },
  events: {
    /** Something else is to be said of keys and lists. */
    onChanged(): void;
    /** The gateway is believed no longer, or again: what it signed is to be judged anew. */
    onBelief(): void;
  },
): StandingWatch {
  const { clock, lists, me, link } = parts;
  let cancel: (() => void) | undefined;
  let isOn = false;
  let running: Promise<void> | undefined;
  let again = false;
  let said = "";
  let believes = true;
  // The first five minutes need no list yet: none was unreachable for longer.
  let freshAt = instant();

  function instant(): { readonly elapsed: number; readonly wall: number } {
    return { elapsed: clock.elapsedMs(), wall: clock.nowMs() };
  }
  /** By whichever clock says more: one stands still while the computer sleeps, the other can be set back. */
  function ageMs(): number {
    const now = instant();
    return Math.max(now.elapsed - freshAt.elapsed, now.wall - freshAt.wall);
  }

  const gatewayPlace = () => link.gateway?.claims.status.status_list;
  const gatewayStanding = (): Standing | undefined => {
    const place = gatewayPlace();
    return place && lists.standing(place);
  };
  const isStopped = (standing: Standing | undefined): boolean => standing !== undefined && standing !== "valid";

  async function fetchAll(): Promise<void> {
    const started = instant();
    const places = [me, ...[gatewayPlace() ?? []].flat()];
    let nextS = MOST_S;
    try {
      for (const place of places.filter(
        (one, i) => places.findIndex((p) => p.uri === one.uri && p.idx === one.idx) === i,
      )) {
        const ttl = await lists.fetch(place, parts.nowS());
        nextS = Math.min(nextS, Math.max(ttl ?? MOST_S, LEAST_S));
      }
      freshAt = started;
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      nextS = RETRY_S;
    }
    if (isOn) cancel = clock.after(nextS * 1000, look);
    tell();
  }

  function tell(): void {
    const now = JSON.stringify([lists.standing(me), gatewayStanding(), ageMs() > MAX_AGE_MS]);
    if (now === said) return;
    said = now;
    if (believes === isStopped(gatewayStanding())) {
      believes = !believes;
      events.onBelief();
    }
    events.onChanged();
  }

  function look(): void {
    cancel?.();
    if (running) {
      again = true;
      return;
    }
    running = fetchAll().finally(() => {
      running = undefined;
      if (!again || !isOn) return;
      again = false;
      look();
    });
    running.catch(() => undefined);
  }

  function keyStop(): "E_KEY_REVOKED" | "E_KEY_SUSPENDED" | undefined {
    const standing = lists.standing(me);
    if (standing === "revoked") return "E_KEY_REVOKED";
    return standing === "suspended" ? "E_KEY_SUSPENDED" : undefined;
  }

  return {
    begin() {
      isOn = true;
      look();
    },
    look() {
      if (isOn) look();
    },
    end() {
      isOn = false;
      cancel?.();
    },
    believed: (gateway) =>
      gateway && isStopped(gatewayStanding()) ? { ...gateway, keyFor: () => undefined } : gateway,
    keyStop,
    stop(risk) {
      const stop = keyStop();
      if (stop) return stop;
      if (isStopped(gatewayStanding())) return "E_GW_CRED";
      // SECURITY: who was stopped is not known: nothing grave is approved, protocol.md 3.13.
      return ageMs() > MAX_AGE_MS && (risk === undefined || GRAVE.has(risk)) ? "E_CLI_STATUS" : undefined;
    },
  };
}

/** The link, with the gateway believed as far as its standing goes. */
export function believing(
  link: Pick<Link, "gateway" | "status" | "call" | "send">,
  standing: Pick<StandingWatch, "believed">,
): Pick<Link, "gateway" | "status" | "call" | "send"> {
  return {
    get gateway() {
      return standing.believed(link.gateway);
    },
    get status() {
      return link.status;
    },
    call: (...args) => link.call(...args),
    send: (...args) => {
      link.send(...args);
    },
  };
}

/** Why the gateway does not accept my key, if that is why it refuses. */
export const keyRefusal = (status: ConnectionStatus): ErrorCode | undefined =>
  status.kind === "refused" && KEY_CODES.has(status.code) ? status.code : undefined;
const KEY_CODES: ReadonlySet<ErrorCode> = new Set(["E_KEY_REVOKED", "E_KEY_SUSPENDED", "E_KEY_VALIDITY"]);
