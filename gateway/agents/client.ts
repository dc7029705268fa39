import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeSigner, type PrivateJwk, type Signer } from "#shared/crypto/sign.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { Operation, RequestDraft } from "../ports.ts";
import { uuid7 } from "../uuid7.ts";
import { AgentError, discovery, errorOf, raised, readTask } from "./client-answers.ts";
import { readTokenAnswer, type TaskCredential, type TokenAnswer } from "./credential.ts";
import { dpopProof } from "./identity/prove.ts";
import type { TaskView } from "./task-view.ts";

export { AgentError } from "./client-answers.ts";
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
  /**
   * Resolves with the task's own credential, for an agent that acts itself (`token` in the registry): once a person has
   * approved and the hold is over. @throws AgentError whose code is OAuth's, e.g. `access_denied`
   */
  credential(options?: { readonly signal?: AbortSignal }): Promise<TaskCredential>;
  /** Replaces what was asked while it still waits; approvals so far are void. */
  revise(request: AgentRequest): Promise<void>;
}

export interface Agent {
  /** Asks for one FHIR operation. */
  request(request: AgentRequest): AgentTask;
  /**
   * Sends what was approved with the task's credential to the adapter in front of the hospital's server; the answer is that
   * server's. Never sent twice: the credential is dead afterwards, whatever came of it.
   */
  carryOut(
    credential: TaskCredential,
    to: { readonly adapter: string; readonly operation: AgentRequest["operation"] },
  ): Promise<Response>;
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
const CIBA_GRANT = "urn:openid:params:grant-type:ciba";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** As the gateway has it where an agent does not say. */
const MEDIA = {
  ...{ POST: "application/fhir+json", PUT: "application/fhir+json", DELETE: "application/fhir+json" },
  PATCH: "application/json-patch+json",
} as const;

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

  /** CIBA Core 1.0, 10.1: the assertion stands in the form, so it holds no digest of it. */
  async function askForToken(auth_req_id: string): Promise<TokenAnswer> {
    const iat = Math.floor(nowMs() / 1000);
    const url = `${base}/countersign/v1/token`;
    const client_assertion = signer.sign(TYP.clientAssertion, {
      ...{ iss: options.sub, sub: options.sub, aud: await issuerOf(), iat, exp: iat + 60, jti: fresh(), htm: "POST" },
    });
    const proof = prover && dpopProof(prover, { htm: "POST", htu: url, iat, jti: fresh() });
    const response = await ask(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        ...(proof === undefined ? {} : { dpop: proof }),
      },
      body: new URLSearchParams({
        ...{ grant_type: CIBA_GRANT, auth_req_id, client_assertion, client_assertion_type: ASSERTION_TYPE },
      }).toString(),
      redirect: "error",
    });
    return readTokenAnswer(await response.json().catch(() => undefined));
  }

  async function carryOut(
    { access_token, token_type, if_match }: TaskCredential,
    { adapter, operation }: Parameters<Agent["carryOut"]>[1],
  ): Promise<Response> {
    const { method, url: place, body, media = MEDIA[method] } = operation;
    const url = `${adapter.replace(/\/$/, "")}/${place}`;
    const iat = Math.floor(nowMs() / 1000);
    const proof = prover && dpopProof(prover, { htm: method, htu: url, iat, jti: fresh() }, access_token);
    const version = if_match ?? operation.if_match;
    return await ask(url, {
      method,
      headers: {
        authorization: `${token_type} ${access_token}`,
        ...(proof === undefined ? {} : { dpop: proof }),
        ...(body === "" ? {} : { "content-type": media }),
        ...(version === undefined ? {} : { "if-match": version }),
      },
      ...(body === "" ? {} : { body }),
      redirect: "error",
    });
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
      async credential({ signal } = {}) {
        const { auth_req_id } = await submitted;
        for (;;) {
          signal?.throwIfAborted();
          const answer = await askForToken(auth_req_id);
          if (answer.kind === "ready") return answer.credential;
          if (answer.kind === "no") throw new AgentError(400, answer.code, answer.message);
          await rest(answer.seconds * 1000);
        }
      },
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

  return { request, carryOut, mcp: { url: new URL(`${base}/countersign/v1/mcp`), fetch: signedFetch } };
}

async function discover(ask: typeof globalThis.fetch, base: string): Promise<string> {
  const response = await ask(`${base}/.well-known/countersign-gateway`, { redirect: "error" });
  if (!response.ok) throw await errorOf(response);
  const document = discovery.safeParse(await response.json().catch(() => undefined));
  if (!document.success) throw new AgentError(200, "E_HTTP", "This address is not a Countersign gateway.");
  return document.data.issuer;
}
