import type { IncomingMessage, ServerResponse } from "node:http";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ALGS, TYP } from "#shared/protocol/names.ts";
import { isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { AllowedChanges } from "../../executor/allowed.ts";
import type { HandOut } from "../../executor/hand-out.ts";
import type { Clock, RegisteredAgent } from "../../ports.ts";
import type { AllowedAct } from "../../requests/allowed-act.ts";
import type { AllowedReads } from "../../store/allowed.ts";
import type { HttpRoutes } from "../../transport/http/router.ts";
import { pathOf } from "../../transport/http/path.ts";
import { sendJson } from "../answers.ts";
import type { AgentAuth } from "../assertion.ts";
import { bodyText } from "../body.ts";
import type { Handles } from "../handle.ts";
import { boundBy, shownBy } from "../identity/shown.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import type { DoorCore } from "../intercept.ts";
import { makeLimiter } from "../limits.ts";
import { POLL_INTERVAL_S } from "../task-view.ts";
import { OauthError, sendOauthError } from "./oauth.ts";
import { draftOf, readForm } from "./request.ts";
import { allowedAnswer, makeTokenAnswers } from "./token.ts";

export const BACKCHANNEL_PATHS = {
  authorize: "/countersign/v1/bc-authorize",
  token: "/countersign/v1/token",
} as const;

export const CIBA_GRANT = "urn:openid:params:grant-type:ciba";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MAX_REQUEST_BYTES = 128 * 1024;
/** How long an agent may fetch the answer to what was allowed; it is kept longer. */
const ALLOWED_ANSWER_S = 300;

export interface BackchannelOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly auth: AgentAuth;
  readonly handles: Handles;
  readonly fhirBase: string;
  /** The token that waits for this request's agent (mode B). */
  readonly offered?: HandOut["byRequest"] | undefined;
  /** Carries out what policy allows without a person; such a request is refused where absent. */
  readonly allowed?: { readonly run: AllowedChanges["run"]; readonly store: AllowedReads } | undefined;
  /** Pools of approvers that this gateway has, as bare names. */
  readonly pools: () => readonly string[];
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly onRefused?: (code: ErrorCode) => void;
}

/** Members of discovery (CIBA 4, RFC 8414). */
export const backchannelDiscovery = (iss: string): Readonly<Record<string, unknown>> => ({
  backchannel_authentication_endpoint: `${iss}${BACKCHANNEL_PATHS.authorize}`,
  token_endpoint: `${iss}${BACKCHANNEL_PATHS.token}`,
  grant_types_supported: [CIBA_GRANT],
  backchannel_token_delivery_modes_supported: ["poll"],
  backchannel_authentication_request_signing_alg_values_supported: ALGS,
  backchannel_user_code_parameter_supported: false,
  token_endpoint_auth_methods_supported: ["private_key_jwt", "self_signed_tls_client_auth"],
  dpop_signing_alg_values_supported: ALGS,
  token_endpoint_auth_signing_alg_values_supported: ALGS,
});

/**
 * The backchannel door: CIBA Core 1.0, poll mode, with RAR (protocol.md 3.15). The hint names a pool, not a person; the
 * operation is in the signed request; and since the gateway carries it out itself (mode A), the token endpoint answers
 * with how it ended and hands out no credential.
 */
export function backchannelDoor(core: DoorCore, options: BackchannelOptions): HttpRoutes {
  const { crypto, clock, auth, handles, fhirBase } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const rate = options.rate ?? { perSecond: 2, burst: 60 };
  const mayAsk = makeLimiter(rate.perSecond, rate.burst, () => clock.nowMs());
  const mayFail = makeLimiter(5, 50, () => clock.nowMs());
  const answers = makeTokenAnswers(() => clock.nowMs(), options.offered ?? (() => undefined));

  async function authorize(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = await formOf(req);
    const agent = client(req, form);
    if (!mayAsk(agent.sub)) throw new CountersignError("E_RATE");
    const request = form.get("request");
    if (request === undefined) throw new OauthError("invalid_request", "request is missing: requests are signed.");
    const stray = [...form.keys()].find((name) => !FORM.includes(name));
    if (stray !== undefined) throw new OauthError("invalid_request", `${stray} belongs into the signed request.`);
    const payload = opened(agent, request);
    const pools = options.pools();
    const draft = draftOf(payload, agent, idempotencyKey(req), { iss: core.iss, crypto, fhirBase, pools, now: now() });
    const raised = await core.raise(draft);
    switch (raised.kind) {
      case "pending": {
        const { rid, exp, binding_message } = raised;
        sendJson(
          res,
          200,
          {
            auth_req_id: handles.seal(rid),
            expires_in: Math.max(0, exp - now()),
            interval: POLL_INTERVAL_S,
            ...(binding_message === undefined ? {} : { binding_message }),
          },
          { "Cache-Control": "no-store" },
        );
        return;
      }
      case "refused":
        if (raised.retry_after_s !== undefined) {
          const said = `${raised.code}: ${raised.reason}`;
          throw new OauthError("temporarily_unavailable", said, { retry_after: raised.retry_after_s });
        }
        throw new CountersignError(isErrorCode(raised.code) ? raised.code : "E_POL_REFUSED", raised.reason);
      case "allowed":
        sendJson(res, 200, await carriedOut(raised.act), { "Cache-Control": "no-store" });
        return;
      default:
        raised satisfies never;
    }
  }

  /** It is done when this answers; how it ended the token endpoint says, as of everything that was carried out. */
  async function carriedOut(act: AllowedAct): Promise<Readonly<Record<string, unknown>>> {
    const { allowed } = options;
    if (allowed === undefined) {
      throw new CountersignError("E_POL_REFUSED", "This gateway executes only what a person has signed.");
    }
    const { agent, idempotency_key: key } = act;
    const result = await allowed.run(act);
    if (result.kind === "absent") throw new CountersignError("E_UPSTREAM", result.why);
    // A retry has the handle of the first: that is what was carried out.
    const { id } = (key === undefined ? undefined : allowed.store.allowedByKey(agent.sub, key)?.act) ?? act;
    return { auth_req_id: handles.seal(id), expires_in: ALLOWED_ANSWER_S, interval: POLL_INTERVAL_S };
  }

  async function token(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = await formOf(req);
    const agent = client(req, form);
    const grant = form.get("grant_type");
    if (grant !== CIBA_GRANT) {
      throw new OauthError(grant === undefined ? "invalid_request" : "unsupported_grant_type", "grant_type");
    }
    const handle = form.get("auth_req_id");
    if (handle === undefined) throw new OauthError("invalid_request", "auth_req_id is missing.");
    const rid = handles.open(handle);
    const row = rid === undefined ? undefined : options.allowed?.store.allowedAct(rid);
    if (row !== undefined && row.act.agent.sub === agent.sub) {
      sendJson(res, 200, allowedAnswer(row, handle), { "Cache-Control": "no-store" });
      return;
    }
    const view = rid === undefined ? undefined : core.status(rid, agent.sub);
    // SECURITY: another agent's request is as unknown as one that never was (no oracle).
    if (view?.claims.agent.sub !== agent.sub) throw new OauthError("invalid_grant", "E_REQ_UNKNOWN");
    sendJson(res, 200, answers(view, handle), { "Cache-Control": "no-store" });
  }

  /** private_key_jwt (RFC 7523, 2.2): the same assertion as at the other doors, in the form. */
  function client(req: IncomingMessage, form: ReadonlyMap<string, string>): RegisteredAgent {
    try {
      const { dpop, certificate } = shownBy(req);
      const hasAssertion = form.has("client_assertion") || form.has("client_assertion_type");
      if (hasAssertion ? form.get("client_assertion_type") !== ASSERTION_TYPE : certificate === undefined) {
        throw new CountersignError(
          "E_AGENT_AUTH",
          "Send client_assertion_type and client_assertion (private_key_jwt).",
        );
      }
      const authorization = hasAssertion ? `Bearer ${form.get("client_assertion") ?? ""}` : undefined;
      // An assertion inside the body cannot hold the body's digest: one that holds a digest was made for another door.
      const agent = auth.authenticate({ authorization, dpop, certificate }, boundBy(req, ""), false);
      if ((form.get("client_id") ?? agent.sub) === agent.sub) return agent;
      throw new CountersignError("E_AGENT_AUTH", "client_id is another client's.");
    } catch (fault) {
      // SECURITY: guessing is slow, and tells nobody which agents exist (V "side channels").
      if (!mayFail(req.socket.remoteAddress ?? "")) throw new CountersignError("E_RATE");
      throw fault;
    }
  }

  function opened(agent: RegisteredAgent, request: string): unknown {
    try {
      return auth.open(agent, request, TYP.backchannel, MAX_REQUEST_BYTES);
    } catch (fault) {
      if (!(fault instanceof CountersignError)) throw fault;
      throw new OauthError("invalid_request", `request: ${fault.code}: it is not signed by a key of this client.`);
    }
  }

  return async (req, res) => {
    const path = pathOf(req);
    const at =
      path === BACKCHANNEL_PATHS.authorize ? "authorize" : path === BACKCHANNEL_PATHS.token ? "token" : undefined;
    if (at === undefined) return false;
    try {
      await (at === "authorize" ? authorize(req, res) : token(req, res));
    } catch (fault) {
      if (!(fault instanceof CountersignError) && !(fault instanceof OauthError)) throw fault;
      if (fault instanceof CountersignError) options.onRefused?.(fault.code);
      sendOauthError(res, fault, at);
    }
    return true;
  };
}

const FORM: readonly string[] = ["client_id", "client_assertion_type", "client_assertion", "request"];

async function formOf(req: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  if (req.method !== "POST") throw new OauthError("invalid_request", "E_METHOD: This address takes POST.");
  const [media] = (req.headers["content-type"] ?? "").split(";");
  if (media?.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new OauthError("invalid_request", "The body is application/x-www-form-urlencoded.");
  }
  return readForm(await bodyText(req));
}
