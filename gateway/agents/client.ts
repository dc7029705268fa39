import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeSigner, type PrivateJwk, type Signer } from "#shared/crypto/sign.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { Operation, RequestDraft } from "../ports.ts";
import { uuid7 } from "../uuid7.ts";
import { dpopProof } from "./identity/prove.ts";
import type { TaskView } from "./task-view.ts";

export type { TaskView } from "./task-view.ts";

/** What an agent asks for: the draft without what the gateway adds. `url` may be `Type` or `Type/id`. */
export type AgentRequest = Omit<RequestDraft, "agent" | "operation"> & {
  readonly operation: Omit<Operation, "media" | "method"> & {
    readonly method: Exclude<Operation["method"], "tools/call">;
    readonly media?: string;
  };
};

export interface AgentOptions {
  /** Base address of the gateway, e.g. `https://gw.hospital.example`. */
  readonly gateway: string;
  /** The agent's id in the gateway's registry. */
  readonly sub: string;
  readonly key: PrivateJwk;
  /** The key whose thumbprint is registered as `jkt`, where one is: every request then carries a proof by it (RFC 9449). */
  readonly dpopKey?: PrivateJwk;
  /** Issuer of the gateway; asked for (discovery) where absent. */
  readonly issuer?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** A refusal by the gateway: our code and its sentence. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  /** One of the protocol's codes, or `E_HTTP` for an answer that is not the gateway's. */
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface AgentTask {
  /** Resolves once the gateway has taken the request. @throws AgentError */
  readonly submitted: Promise<{
    readonly location: string;
    readonly auth_req_id: string;
    readonly binding_message?: string;
  }>;
  /** Resolves once the request has ended, however it ended. A denial is an answer, not an error. @throws AgentError */
  wait(options?: { readonly signal?: AbortSignal }): Promise<TaskView>;
  status(): Promise<TaskView>;
  withdraw(): Promise<TaskView>;
  /** Replaces what was asked while it still waits; approvals so far are void. */
  revise(request: AgentRequest): Promise<void>;
}

export interface Agent {
  /** Asks for one FHIR operation. */
  request(request: AgentRequest): AgentTask;
  /**
   * The gateway's MCP door, for any MCP client:
   * `new StreamableHTTPClientTransport(agent.mcp.url, { fetch: agent.mcp.fetch })`. `fetch` signs each request and sends
   * it to this gateway alone.
   */
  readonly mcp: { readonly url: URL; readonly fetch: AgentFetch };
}

/** As `globalThis.fetch` with an address and, where there is a body, a text. @throws TypeError for another address or body */
export type AgentFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Times a request is sent again after a lost connection or "later", under the same idempotency key. */
const RETRIES = 4;
/** Seconds the gateway is asked to hold a poll. */
const HOLD_S = 20;

/**
 * An agent in a few lines:
 * `await createAgent({ gateway, sub, key }).request({ operation, rationale, task }).wait()`
 * Each call is signed with the agent's own key and bound to its body. For tests and agents in TypeScript; any HTTP client
 * that can sign a JWT does the same.
 */
export function createAgent(options: AgentOptions): Agent {
  const crypto = makeNodeCrypto();
  const signer: Signer = makeSigner(options.key);
  const prover = options.dpopKey && makeSigner(options.dpopKey);
  const base = options.gateway.replace(/\/$/, "");
  const nowMs = options.nowMs ?? Date.now;
  const ask = options.fetch ?? globalThis.fetch;
  const rest = options.sleep ?? ((ms: number) => sleep(ms));
  let issuer: Promise<string> | undefined;

  const fresh = (): string => uuid7(nowMs(), randomBytes(10));
  const issuerOf = (): Promise<string> => {
    issuer ??= options.issuer === undefined ? discover(ask, base) : Promise.resolve(options.issuer);
    issuer.catch(() => (issuer = undefined));
    return issuer;
  };

  /** RFC 7523 section 3, bound to one request; and RFC 9449 where there is a key for it. */
  async function credentials(method: string, url: string, body: string): Promise<Record<string, string>> {
    const iat = Math.floor(nowMs() / 1000);
    const assertion = signer.sign(TYP.clientAssertion, {
      ...{ iss: options.sub, sub: options.sub, aud: await issuerOf(), iat, exp: iat + 60, jti: fresh() },
      ...{ htm: method, content_digest: contentDigest(crypto, body) },
    });
    if (prover === undefined) return { authorization: `Bearer ${assertion}` };
    const { origin, pathname } = new URL(url);
    const proof = dpopProof(prover, { htm: method, htu: origin + pathname, iat, jti: fresh() }, assertion);
    return { authorization: `DPoP ${assertion}`, dpop: proof };
  }

  async function call(method: string, path: string, body: string, headers: Record<string, string>): Promise<Response> {
    const url = `${base}${path}`;
    return ask(url, {
      method,
      headers: { ...(await credentials(method, url, body)), "content-type": "application/json", ...headers },
      ...(body === "" ? {} : { body }),
      redirect: "error",
    });
  }

  const signedFetch: AgentFetch = async (url, init = {}) => {
    const { method = "GET", body = "" } = init;
    // SECURITY: an assertion is this gateway's alone; a body that cannot be read here cannot be bound to it.
    if (new URL(url).origin !== new URL(base).origin || typeof body !== "string") {
      throw new TypeError("This fetch sends texts to its own gateway alone.");
    }
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(await credentials(method, String(url), body))) headers.set(name, value);
    return await ask(url, { ...init, headers, redirect: "error" });
  };

  /** Sends until it is answered; only what is safe to repeat. */
  async function send(
    method: string,
    path: string,
    body = "",
    headers: Record<string, string> = {},
  ): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const response = await call(method, path, body, headers).catch((fault: unknown) => {
        if (attempt >= RETRIES) throw fault;
        return undefined;
      });
      if (response?.ok) return response;
      const later = response === undefined || [408, 429, 502, 503, 504].includes(response.status);
      if (!later || attempt >= RETRIES) throw await errorOf(response);
      await response?.body?.cancel();
      await rest(1000 * Math.max(2 ** attempt, Number(response?.headers.get("retry-after") ?? 0)));
    }
  }

  function request(asked: AgentRequest): AgentTask {
    const key = asked.idempotency_key ?? fresh();
    const submitted = send("POST", "/countersign/v1/requests", JSON.stringify(asked), { "idempotency-key": key }).then(
      async (response) => {
        const location = response.headers.get("location");
        if (location === null) throw await errorOf(response);
        const { binding_message, auth_req_id } = raised.parse(await response.json());
        return { location, auth_req_id, ...(binding_message === undefined ? {} : { binding_message }) };
      },
    );
    submitted.catch(() => undefined);
    const at = async (): Promise<string> => (await submitted).location;
    const view = async (response: Promise<Response>): Promise<TaskView> => readTask(await (await response).json());
    return {
      submitted,
      status: async () => view(send("GET", await at())),
      withdraw: async () => view(send("DELETE", await at())),
      async revise(next) {
        await send("PUT", await at(), JSON.stringify(next), { "idempotency-key": next.idempotency_key ?? fresh() });
      },
      async wait({ signal } = {}) {
        for (;;) {
          signal?.throwIfAborted();
          const now = await view(send("GET", await at(), "", { prefer: `wait=${String(HOLD_S)}` }));
          if (now.status !== "pending" && now.status !== "approved") return now;
        }
      },
    };
  }

  return { request, mcp: { url: new URL(`${base}/countersign/v1/mcp`), fetch: signedFetch } };
}

async function discover(ask: typeof globalThis.fetch, base: string): Promise<string> {
  const response = await ask(`${base}/.well-known/countersign-gateway`, { redirect: "error" });
  if (!response.ok) throw await errorOf(response);
  const document = discovery.safeParse(await response.json().catch(() => undefined));
  if (!document.success) throw new AgentError(200, "E_HTTP", "This address is not a Countersign gateway.");
  return document.data.issuer;
}

const raised = z.object({ auth_req_id: z.string(), binding_message: z.string().optional() });
const discovery = z.object({ issuer: z.string() });
const task = z.object({
  status: z.enum([
    ...(["pending", "approved", "completed", "failed", "denied"] as const),
    ...(["expired", "withdrawn", "revoked", "lapsed"] as const),
  ]),
  rev: z.int(),
  reason: z.string().optional(),
  expires_in: z.int().optional(),
  interval: z.int().optional(),
  response: z.object({ status: z.int(), location: z.string().optional(), body: z.string() }).optional(),
});
const outcome = z.object({
  issue: z
    .array(
      z.object({
        details: z.object({ text: z.string(), coding: z.array(z.object({ code: z.string() })).min(1) }),
        diagnostics: z.string().optional(),
      }),
    )
    .min(1),
});

function readTask(json: unknown): TaskView {
  const { reason, expires_in, interval, response, ...rest } = task.parse(json);
  return {
    ...rest,
    ...(reason === undefined ? {} : { reason }),
    ...(expires_in === undefined ? {} : { expires_in }),
    ...(interval === undefined ? {} : { interval }),
    ...(response === undefined ? {} : { response: readResponse(response) }),
  };
}

function readResponse({ location, ...rest }: NonNullable<z.infer<typeof task>["response"]>) {
  return { ...rest, ...(location === undefined ? {} : { location }) };
}

async function errorOf(response: Response | undefined): Promise<AgentError> {
  if (response === undefined) return new AgentError(0, "E_HTTP", "The gateway cannot be reached.");
  const read = outcome.safeParse(await response.json().catch(() => undefined));
  const issue = read.data?.issue[0];
  const code = issue?.details.coding[0]?.code ?? "E_HTTP";
  const text = issue?.diagnostics ?? issue?.details.text ?? `The gateway answered ${String(response.status)}.`;
  return new AgentError(response.status, code, text);
}
