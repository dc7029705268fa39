import { setImmediate } from "node:timers/promises";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { Clock, ExecutionResult, ExecutorPort } from "../ports.ts";
import type { Confirmation } from "../tokens/claims.ts";
import type { Tokens } from "../tokens/tokens.ts";
import type { Logger } from "../transport/logger.ts";
import type { HandOut } from "./hand-out.ts";

/** What a person approved, but for the bytes: whoever has the token brings those, and they are compared by their digest. */
export type ApprovedOperation = Pick<
  RequestClaims["action"]["op"],
  "method" | "url" | "media" | "body_dig" | "if_match"
> & { readonly hasBody: boolean };

/** A token that the gateway minted. */
export interface Looked {
  readonly isAlive: boolean;
  readonly agent: string;
  readonly bound?: Confirmation;
  /** Absent where it was not handed out, or its use has ended. */
  readonly operation?: ApprovedOperation;
}

/** Why a request is not what was approved. In the log by its name alone. */
export const MISUSES = [
  ...(["not-alive", "not-handed-out", "another-key", "another-method", "another-address"] as const),
  ...(["another-version", "another-media", "other-bytes", "used-before"] as const),
] as const;
export type Misuse = (typeof MISUSES)[number];

/**
 * What an adapter asks of the gateway that minted the tokens, in its own process or over the network. Every call may fail;
 * then nothing is sent (fail closed).
 */
export interface Grants {
  /** Undefined for what this gateway did not mint. */
  look(token: string): Promise<Looked | undefined>;
  /**
   * Takes the one use, in the store, before a byte is sent.
   * @returns the execution's id; undefined: used before, revoked or expired, and nothing may be sent
   */
  take(token: string): Promise<string | undefined>;
  /** Writes it down and revokes. False for what this gateway did not mint: then nothing is written. */
  misuse(token: string, why: Misuse): Promise<boolean>;
  /** What came of a use that was taken. Resolves once execution and token have ended. */
  end(token: string, result: ExecutionResult): Promise<void>;
}

export interface LocalGrantsOptions {
  readonly tokens: Pick<Tokens, "read" | "use" | "misuse">;
  readonly handOut: HandOut;
  readonly logger: Logger;
}

const REFUSED: ExecutionResult = { kind: "refused", status: 403, body: "" };

/** The grants of this process. */
export function localGrants({ tokens, handOut, logger }: LocalGrantsOptions): Grants {
  const offerOf = (token: string) => {
    const read = tokens.read(token);
    return read && handOut.byToken(read.claims.jti);
  };
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a fault of the store is a rejection, as a remote one is
    async look(token) {
      const read = tokens.read(token);
      if (read === undefined) return undefined;
      const operation = handOut.byToken(read.claims.jti)?.operation;
      return {
        ...{ isAlive: read.alive, agent: read.claims.client_id },
        ...(read.bound === undefined ? {} : { bound: read.bound }),
        ...(operation === undefined ? {} : { operation: approved(operation) }),
      };
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async take(token) {
      const offer = offerOf(token);
      // SECURITY: counted in the store and here before a byte goes on; the second of two at once finds it taken (T-12).
      if (offer?.take() !== true) return undefined;
      try {
        if (tokens.use(offer.issued)) return offer.exec_id;
      } catch (error) {
        // Claimed by nobody who could use it: the execution waits for no one.
        offer.end({ kind: "absent", why: "The one use could not be written down." });
        throw error;
      }
      offer.end(REFUSED);
      return undefined;
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async misuse(token, why) {
      const read = tokens.read(token);
      if (read === undefined) return false;
      const offer = offerOf(token);
      // SECURITY: any mismatch is misuse, and its token is dead from here on (protocol.md 3.14).
      tokens.misuse(token, why);
      logger.warn("token.misuse", { agent: read.claims.client_id, why });
      if (offer?.take() === true) offer.end(REFUSED);
      return true;
    },
    async end(token, result) {
      offerOf(token)?.end(result);
      // The execution's end and the token's are one commit, which the end sets off: made before the agent has its answer.
      await setImmediate();
    },
  };
}

const approved = ({
  method,
  url,
  media,
  body,
  body_dig,
  if_match,
}: RequestClaims["action"]["op"]): ApprovedOperation => ({
  ...{ method, url, media, body_dig, hasBody: body !== "" },
  ...(if_match === undefined ? {} : { if_match }),
});

/** How long the end of a use that an adapter took elsewhere is waited for, milliseconds: longer than it may send. */
export const REPORT_WITHIN_MS = 45_000;

/** How long the attempt that took a use is known: while the hospital system is asked, its report may come yet. */
const REMEMBERED_MS = 2 * REPORT_WITHIN_MS;

/** Uses with the attempt that took them. */
export interface Attempts {
  /** As {@link Grants.take}. */
  take(token: string, attempt: string): Promise<string | undefined>;
  /** As {@link Grants.end}, of the attempt that took it. */
  end(token: string, attempt: string, result: ExecutionResult): Promise<void>;
}

/**
 * SECURITY: only what was taken is ended, by the attempt that took it. An adapter that did not hear whether it took a use
 * reports that it sent nothing; that may come late, while another attempt of the agent is being sent.
 */
export function attemptsAt(grants: Pick<Grants, "take" | "end">, clock: Clock): Attempts {
  const takers = new Map<string, string>();
  return {
    async take(token, attempt) {
      const taken = await grants.take(token);
      if (taken === undefined) return undefined;
      takers.set(token, attempt);
      clock.after(REMEMBERED_MS, () => takers.delete(token));
      return taken;
    },
    async end(token, attempt, result) {
      if (takers.get(token) !== attempt) return;
      takers.delete(token);
      await grants.end(token, result);
    },
  };
}

/**
 * Grants for adapters that are processes of their own. Of a use that was taken and never reported the hospital system is
 * asked what became of it; where that does not say, nobody knows and a person looks (protocol.md 3.11).
 */
export function reportedGrants(
  grants: Grants,
  around: { readonly handOut: HandOut; readonly tokens: Pick<Tokens, "read">; readonly clock: Clock } & {
    readonly executor: Pick<ExecutorPort, "find">;
  },
): Grants {
  const { handOut, tokens, clock, executor } = around;

  async function settle(jti: string): Promise<void> {
    const offer = handOut.byToken(jti);
    if (offer === undefined) return;
    const { operation, exec_id: execution_id } = offer;
    const unknown = { kind: "unknown", why: "The adapter did not say what came of it." } as const;
    const found = await executor.find({ operation, execution_id }).catch(() => unknown);
    offer.end(found.kind === "absent" ? unknown : found);
  }

  return {
    ...grants,
    async take(token) {
      const jti = tokens.read(token)?.claims.jti;
      const taken = await grants.take(token);
      if (taken !== undefined && jti !== undefined) clock.after(REPORT_WITHIN_MS, () => void settle(jti));
      return taken;
    },
  };
}
