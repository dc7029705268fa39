import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";

import type { AgentFetch } from "../agents/client.ts";
import type { ExecutionResult } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";
import {
  approvedOperation,
  GRANT_PATHS,
  MAX_ETAG,
  MAX_LOCATION,
  MAX_OUTCOME_BYTES,
  misuseAnswer,
  useAnswer,
} from "./grant-wire.ts";
import type { Grants, Looked } from "./grants.ts";

export interface RemoteGrantsOptions {
  /** Base address of the gateway. */
  readonly gateway: string;
  /** Signs each request with the adapter's key and sends it to that gateway alone. */
  readonly ask: AgentFetch;
  readonly logger: Logger;
  /** How long one question may take, milliseconds. */
  readonly timeoutMs?: number;
  /** Waits before an outcome is reported again, milliseconds. */
  readonly retryAfterMs?: readonly number[];
}

const introspected = z.union([
  z.looseObject({
    active: z.literal(true),
    client_id: z.string(),
    cnf: z.union([z.strictObject({ jkt: z.string() }), z.strictObject({ "x5t#S256": z.string() })]).optional(),
    countersign_operation: approvedOperation.optional(),
  }),
  z.looseObject({ active: z.literal(false) }),
]);
const DEAD: Looked = { isAlive: false, agent: "" };
const RETRY_AFTER_MS = [500, 2000, 5000, 10_000] as const;

/**
 * The grants of a gateway on another host. Whatever that gateway does not answer in time and in form is `E_UPSTREAM`, and
 * nothing is sent (fail closed); only the outcome of what was sent is told again and again, and at last given up: the
 * gateway then finds out for itself.
 */
export function remoteGrants(options: RemoteGrantsOptions): Grants {
  const { ask, logger, timeoutMs = 5000, retryAfterMs = RETRY_AFTER_MS } = options;
  const base = options.gateway.replace(/\/$/, "");

  async function post<S extends z.ZodType>(path: string, body: string, media: string, schema: S): Promise<z.output<S>> {
    try {
      const response = await ask(`${base}${path}`, {
        ...{ method: "POST", body, headers: { "content-type": media, accept: "application/json" } },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw new CountersignError("E_UPSTREAM", `The gateway answered ${String(response.status)}.`);
      }
      return schema.parse(await response.json());
    } catch (cause) {
      if (cause instanceof CountersignError) throw cause;
      throw new CountersignError("E_UPSTREAM", "The gateway cannot be asked.", { cause });
    }
  }
  const tell = <S extends z.ZodType>(path: string, value: unknown, schema: S): Promise<z.output<S>> =>
    post(path, JSON.stringify(value), "application/json", schema);

  /** Of the uses that were taken here, by token. */
  const attempts = new Map<string, string>();

  async function report(token: string, attempt: string, result: ExecutionResult): Promise<void> {
    for (const wait of [...retryAfterMs, undefined]) {
      try {
        await tell(GRANT_PATHS.outcome, { token, attempt, result: short(result) }, z.looseObject({}));
        return;
      } catch (fault) {
        if (wait === undefined) {
          logger.error("adapter.not-reported", { kind: result.kind, error: fault instanceof Error ? fault.name : "" });
        } else await sleep(wait);
      }
    }
  }

  return {
    async look(token) {
      const form = new URLSearchParams({ token }).toString();
      const found = await post(GRANT_PATHS.introspect, form, "application/x-www-form-urlencoded", introspected);
      if (!found.active) return DEAD;
      const { client_id, cnf, countersign_operation: operation } = found;
      return {
        ...{ isAlive: true, agent: client_id },
        ...(cnf === undefined ? {} : { bound: cnf }),
        ...(operation === undefined ? {} : { operation: withoutUndefined(operation) }),
      };
    },
    async take(token) {
      const attempt = randomUUID();
      try {
        const answer = await tell(GRANT_PATHS.use, { token, attempt }, useAnswer);
        if (!answer.taken) return undefined;
        attempts.set(token, attempt);
        return answer.execution_id;
      } catch (fault) {
        // The use may be taken and the answer lost: nothing is sent, so the gateway may ask the agent to try again.
        void report(token, attempt, { kind: "absent", why: "The adapter did not learn that it might send it." });
        throw fault;
      }
    },
    misuse: async (token, why) => (await tell(GRANT_PATHS.misuse, { token, why }, misuseAnswer)).known,
    async end(token, result) {
      const attempt = attempts.get(token);
      attempts.delete(token);
      if (attempt !== undefined) await report(token, attempt, result);
    },
  };
}

/** SECURITY: an answer that is too long for the report changes nothing about what was done: what is too long is left out. */
function short(result: ExecutionResult): ExecutionResult {
  if (!("body" in result)) return result;
  const isLong = Buffer.byteLength(JSON.stringify(result.body)) > MAX_OUTCOME_BYTES / 2;
  const body = isLong ? "" : result.body;
  if (result.kind === "refused") return { ...result, body };
  const { location, etag, ...rest } = result;
  return {
    ...rest,
    body,
    ...(location === undefined || location.length > MAX_LOCATION ? {} : { location }),
    ...(etag === undefined || etag.length > MAX_ETAG ? {} : { etag }),
  };
}

function withoutUndefined({ if_match, ...operation }: z.output<typeof approvedOperation>) {
  return { ...operation, ...(if_match === undefined ? {} : { if_match }) };
}
