import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { Core, Raised, RequestStatusView } from "../core.ts";
import type { Clock, ExecutionResult, Operation, RegisteredAgent, RequestDraft } from "../ports.ts";
import type { AllowedAct } from "../requests/allowed-act.ts";
import { parseOperation } from "../requests/facts-operation.ts";
import { refuse as answerRefused, send, sendJson } from "./answers.ts";
import { makeAgentAuth, type AgentAuth } from "./assertion.ts";
import { bodyText } from "./body.ts";
import { contextFromHeader, draftFromEnvelope, makeDraft } from "./draft.ts";
import { makeHandles } from "./handle.ts";
import { boundBy, shownBy } from "./identity/shown.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import { makeLimiter } from "./limits.ts";
import { passRead, type ReadSide } from "./reads.ts";
import { settled, waitOf } from "./wait.ts";
import { isFinal, POLL_INTERVAL_S, taskView } from "./task-view.ts";

/** What the door needs of the gateway's heart. */
export type DoorCore = Pick<Core, "iss" | "raise" | "revise" | "withdraw" | "status"> & {
  readonly events: Pick<EventEmitter, "on" | "off">;
};

export interface AgentDoorOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly agent: (sub: string) => RegisteredAgent | undefined;
  /** One for all doors of a gateway, so that an assertion is used once at all of them; one of its own where absent. */
  readonly auth?: AgentAuth;
  /** Base of the hospital's FHIR server, without a slash at its end. */
  readonly fhirBase: string;
  readonly random: (bytes: number) => Uint8Array;
  /** 32 bytes that seal `auth_req_id`; random where absent, and then not valid after a restart. */
  readonly handleKey?: Uint8Array;
  /** Which reads pass; none where absent. */
  readonly reads?: ReadSide | undefined;
  /**
   * Carries out what policy allows without a person. Where absent, such an action is refused: this gateway then executes
   * only what a person signed.
   */
  readonly allowed?: ((act: AllowedAct) => Promise<ExecutionResult>) | undefined;
  /** Requests a second, and how many at once, per agent. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Told the code of every refusal. */
  readonly onRefused?: (code: ErrorCode) => void;
  /** Told which agent asks more often than it may; of one agent at most once a minute. */
  readonly onSlowed?: (agent: string) => void;
}

const TOLD_AGAIN_MS = 60_000;

export const AGENT_PATHS = {
  /** Intercepted FHIR REST: `/fhir/Type`, `/fhir/Type/id`. */
  fhir: "/fhir",
  /** Operation and context in one JSON object. */
  requests: "/countersign/v1/requests",
  tasks: "/countersign/v1/tasks",
} as const;

/**
 * The interception door (protocol.md 3.15): an agent's FHIR write is not executed but becomes a request; 202 with
 * `Location` to poll. Every answer to a fault of the agent is an OperationOutcome with our code. Returns false for
 * addresses that are not the door's.
 */
export function agentDoor(
  core: DoorCore,
  options: AgentDoorOptions,
): (req: IncomingMessage, res: ServerResponse) => Promise<boolean> {
  const { crypto, clock, fhirBase } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const auth = options.auth ?? makeAgentAuth({ iss: core.iss, crypto, agent: options.agent, now });
  const handles = makeHandles(options.handleKey ?? options.random(32), options.random);
  const rate = options.rate ?? { perSecond: 2, burst: 60 };
  const mayAsk = makeLimiter(rate.perSecond, rate.burst, () => clock.nowMs());
  const toldSlowed = new Map<string, number>();
  const mayFail = makeLimiter(5, 50, () => clock.nowMs());

  const refuse: typeof answerRefused = (res, code, ...more) => {
    options.onRefused?.(code);
    answerRefused(res, code, ...more);
  };

  async function serve(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const text = await bodyText(req);
    const agent = authenticate(req, text);
    const isRead = req.method === "GET";
    // SECURITY: one agent cannot flood people or the record, protocol.md T-23, T-34. Asking how it stands stays free.
    if (!(isRead && path.startsWith(`${AGENT_PATHS.tasks}/`)) && !mayAsk(agent.sub)) {
      tellSlowed(agent.sub);
      throw new CountersignError("E_RATE");
    }
    if (path === AGENT_PATHS.requests) await postRequest(agent, text, req, res);
    else if (path.startsWith(`${AGENT_PATHS.tasks}/`)) await task(agent, path, text, req, res);
    else if (isRead)
      await passRead(agent, (req.url ?? "").slice(AGENT_PATHS.fhir.length + 1), req, res, {
        side: options.reads,
        refuse,
      });
    else await intercept(agent, text, req, res);
  }

  function tellSlowed(agent: string): void {
    const at = clock.nowMs();
    if (at - (toldSlowed.get(agent) ?? -Infinity) < TOLD_AGAIN_MS) return;
    toldSlowed.set(agent, at);
    options.onSlowed?.(agent);
  }

  function authenticate(req: IncomingMessage, text: string): RegisteredAgent {
    try {
      return auth.authenticate(shownBy(req), boundBy(req, contentDigest(crypto, text)));
    } catch (fault) {
      // SECURITY: guessing is slow, and tells nobody which agents exist (V "side channels").
      if (!mayFail(req.socket.remoteAddress ?? "")) throw new CountersignError("E_RATE");
      throw fault;
    }
  }

  async function intercept(
    agent: RegisteredAgent,
    text: string,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const method = methodOf(req);
    if (method === undefined) {
      refuse(res, "E_METHOD", undefined, { Allow: "GET, POST, PUT, PATCH, DELETE" });
      return;
    }
    const if_match = req.headers["if-match"];
    const operation: Operation = {
      method,
      url: `${fhirBase}${(req.url ?? "").slice(AGENT_PATHS.fhir.length)}`,
      media: req.headers["content-type"] ?? "application/fhir+json",
      body: text,
      ...(if_match === undefined ? {} : { if_match }),
    };
    const said = contextFromHeader(header(req, "countersign-context"));
    await raise(makeDraft(agent, operation, said, idempotencyKey(req)), res);
  }

  async function postRequest(
    agent: RegisteredAgent,
    text: string,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    if (req.method !== "POST") {
      refuse(res, "E_METHOD", undefined, { Allow: "POST" });
      return;
    }
    const { operation, context } = draftFromEnvelope(text, fhirBase);
    await raise(makeDraft(agent, operation, context, idempotencyKey(req)), res);
  }

  async function raise(draft: RequestDraft, res: ServerResponse): Promise<void> {
    parseOperation(draft.operation, fhirBase);
    await answerRaised(await core.raise(draft), res);
  }

  async function answerRaised(raised: Raised, res: ServerResponse): Promise<void> {
    switch (raised.kind) {
      case "pending": {
        const { rid, exp, binding_message } = raised;
        const body = {
          auth_req_id: handles.seal(rid),
          expires_in: Math.max(0, exp - now()),
          interval: POLL_INTERVAL_S,
          ...(binding_message === undefined ? {} : { binding_message }),
        };
        sendJson(res, 202, body, { Location: `${AGENT_PATHS.tasks}/${rid}`, "Retry-After": String(POLL_INTERVAL_S) });
        return;
      }
      case "refused":
        refuse(
          res,
          isErrorCode(raised.code) ? raised.code : "E_POL_REFUSED",
          raised.reason,
          raised.retry_after_s === undefined ? {} : { "Retry-After": String(raised.retry_after_s) },
        );
        return;
      case "allowed":
        await answerAllowed(raised.act, res);
        return;
      default:
        raised satisfies never;
    }
  }

  async function answerAllowed(act: AllowedAct, res: ServerResponse): Promise<void> {
    const result = await options.allowed?.(act);
    if (result === undefined) {
      refuse(res, "E_POL_REFUSED", "This gateway executes only what a person has signed.");
    } else if (result.kind === "done" || result.kind === "refused") {
      const location = result.kind === "done" ? result.location : undefined;
      send(
        res,
        result.status,
        "application/fhir+json",
        result.body,
        location === undefined ? {} : { Location: location },
      );
    } else refuse(res, result.kind === "unknown" ? "E_EXEC_UNKNOWN" : "E_UPSTREAM", result.why);
  }

  async function task(
    agent: RegisteredAgent,
    path: string,
    text: string,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const name = path.slice(AGENT_PATHS.tasks.length + 1);
    const rid = handles.open(name) ?? name;
    const view = own(agent, rid);
    switch (req.method) {
      case "GET": {
        const gone = new AbortController();
        res.once("close", () => gone.abort());
        const waited = taskView(
          await settled(core, clock, view, { waitS: waitOf(req), gone: gone.signal, now }),
          now(),
        );
        const retry = isFinal(waited) ? {} : { "Retry-After": String(POLL_INTERVAL_S) };
        sendJson(res, 200, waited, retry);
        return;
      }
      case "DELETE":
        if (!core.withdraw(rid, agent.sub, "agent")) throw new CountersignError("E_REQ_TERMINAL");
        sendJson(res, 200, taskView(own(agent, rid), now()));
        return;
      case "PUT": {
        const { operation, context } = draftFromEnvelope(text, fhirBase);
        const draft = makeDraft(agent, operation, context, idempotencyKey(req));
        parseOperation(operation, fhirBase);
        await answerRaised(await core.revise(rid, draft), res);
        return;
      }
      default:
        refuse(res, "E_METHOD", undefined, { Allow: "GET, PUT, DELETE" });
    }
  }

  /** SECURITY: another agent's request is as unknown as one that never was (no oracle). */
  function own(agent: RegisteredAgent, rid: string): RequestStatusView {
    const view = core.status(rid, agent.sub);
    if (view?.claims.agent.sub !== agent.sub) throw new CountersignError("E_REQ_UNKNOWN");
    return view;
  }

  return async (req, res) => {
    const [path = ""] = (req.url ?? "").split("?");
    const mine = path === AGENT_PATHS.fhir || Object.values(AGENT_PATHS).some((p) => path.startsWith(`${p}/`));
    if (!mine && path !== AGENT_PATHS.requests) return false;
    try {
      await serve(req, res, path);
    } catch (fault) {
      if (!(fault instanceof CountersignError)) throw fault;
      refuse(res, fault.code, fault.message);
    }
    return true;
  };
}

function methodOf(req: IncomingMessage): Operation["method"] | undefined {
  return (["POST", "PUT", "PATCH", "DELETE"] as const).find((method) => method === req.method);
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === "string" ? value : undefined;
}
