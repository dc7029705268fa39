import type { IncomingMessage, ServerResponse } from "node:http";

import type { z } from "zod";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

import { sendJson } from "../agents/answers.ts";
import { makeAgentAuth } from "../agents/assertion.ts";
import { OauthError, sendOauthError } from "../agents/backchannel/oauth.ts";
import { readForm } from "../agents/backchannel/request.ts";
import { boundBy, shownBy } from "../agents/identity/shown.ts";
import { makeLimiter } from "../agents/limits.ts";
import type { Clock, ExecutionResult, RegisteredKey, RegisteredAgent } from "../ports.ts";
import type { Tokens } from "../tokens/tokens.ts";
import { readBody } from "../transport/http/body.ts";
import { pathOf } from "../transport/http/path.ts";
import type { HttpRoutes } from "../transport/http/router.ts";
import { GRANT_PATHS, MAX_OUTCOME_BYTES, misuseReport, outcomeReport, useOrder } from "./grant-wire.ts";
import { attemptsAt, type Grants } from "./grants.ts";

/** A process that enforces tokens on another host: it may ask about tokens, and carry uses out. */
export interface RegisteredAdapter {
  readonly sub: string;
  readonly keys: readonly RegisteredKey[];
}

export interface GrantRoutesOptions {
  readonly iss: string;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly adapters: readonly RegisteredAdapter[];
  readonly tokens: Pick<Tokens, "introspect">;
  /** Where agents carry out themselves what was approved; without it there is introspection alone. */
  readonly grants?: Grants | undefined;
  readonly hosts: () => ReadonlySet<string>;
}

const MAX_FORM_BYTES = 32 * 1024;

/** Members of discovery (RFC 8414). */
export const introspectionDiscovery = (iss: string): Readonly<Record<string, unknown>> => ({
  introspection_endpoint: `${iss}${GRANT_PATHS.introspect}`,
  introspection_endpoint_auth_methods_supported: ["private_key_jwt"],
});

/**
 * What adapters on other hosts ask of the gateway (protocol.md 3.15.6): introspection (RFC 7662), the one use, its outcome,
 * and misuse. Each request carries an assertion of a registered adapter's own key, bound to its method and body.
 */
export function grantRoutes(options: GrantRoutesOptions): HttpRoutes {
  const { iss, crypto, clock, adapters, tokens, grants, hosts } = options;
  const registered = adapters.map(asRegistered);
  const auth = makeAgentAuth({
    ...{ iss, crypto, registered, hosts, now: () => Math.floor(clock.nowMs() / 1000) },
    // SECURITY: a registry of its own: no agent's key opens this, and no adapter's key opens an agents' door.
    agent: (sub) => registered.find((one) => one.sub === sub),
  });
  const attempts = grants && attemptsAt(grants, clock);
  const mayFail = makeLimiter(5, 50, () => clock.nowMs());

  function authenticate(req: IncomingMessage, body: string): void {
    try {
      auth.authenticate(shownBy(req), boundBy(req, contentDigest(crypto, body)));
    } catch (fault) {
      if (!mayFail(req.socket.remoteAddress ?? "")) throw new CountersignError("E_RATE");
      throw fault;
    }
  }

  async function introspect(req: IncomingMessage): Promise<unknown> {
    const [media] = (req.headers["content-type"] ?? "").split(";");
    if (media?.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
      throw new OauthError("invalid_request", "The body is application/x-www-form-urlencoded.");
    }
    const body = await readBody(req, MAX_FORM_BYTES);
    authenticate(req, body);
    const token = readForm(body).get("token");
    if (token === undefined) throw new OauthError("invalid_request", "token is missing.");
    const found = tokens.introspect(token);
    const operation = found.active ? (await grants?.look(token))?.operation : undefined;
    return operation === undefined ? found : { ...found, countersign_operation: operation };
  }

  async function report<S extends z.ZodType>(req: IncomingMessage, schema: S, max: number): Promise<z.output<S>> {
    const body = await readBody(req, max);
    authenticate(req, body);
    const parsed = schema.safeParse(parseStrict(body));
    if (!parsed.success) throw new CountersignError("E_CLM_SHAPE");
    return parsed.data;
  }

  async function answerTo(path: string, req: IncomingMessage): Promise<unknown> {
    if (path === GRANT_PATHS.introspect) return await introspect(req);
    if (grants === undefined || attempts === undefined) throw new CountersignError("E_NOT_FOUND");
    if (path === GRANT_PATHS.use) {
      const { token, attempt } = await report(req, useOrder, MAX_FORM_BYTES);
      const execution_id = await attempts.take(token, attempt);
      return execution_id === undefined ? { taken: false } : { taken: true, execution_id };
    }
    if (path === GRANT_PATHS.misuse) {
      const { token, why } = await report(req, misuseReport, MAX_FORM_BYTES);
      return { known: await grants.misuse(token, why) };
    }
    const { token, attempt, result } = await report(req, outcomeReport, MAX_OUTCOME_BYTES);
    await attempts.end(token, attempt, resultOf(result));
    return {};
  }

  const paths: ReadonlySet<string> = new Set(Object.values(GRANT_PATHS));
  return async (req: IncomingMessage, res: ServerResponse) => {
    const path = pathOf(req);
    if (!paths.has(path) || adapters.length === 0) return false;
    try {
      if (req.method !== "POST") throw new OauthError("invalid_request", "E_METHOD: This address takes POST.");
      sendJson(res, 200, await answerTo(path, req), { "Cache-Control": "no-store" });
    } catch (fault) {
      if (!(fault instanceof CountersignError) && !(fault instanceof OauthError)) throw fault;
      sendOauthError(res, fault, "token");
    }
    return true;
  };
}

/** Undefined members are left out. */
function resultOf(result: z.output<typeof outcomeReport>["result"]): ExecutionResult {
  if (result.kind !== "done") return result;
  const { location, etag, ...rest } = result;
  return { ...rest, ...(location === undefined ? {} : { location }), ...(etag === undefined ? {} : { etag }) };
}

const asRegistered = ({ sub, keys }: RegisteredAdapter): RegisteredAgent => ({
  ...{ sub, keys, name: sub, model: "", owner: "", actions: [] },
});
