import type { IncomingMessage, ServerResponse } from "node:http";

import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

import type { Clock, RegisteredAgent } from "../../ports.ts";
import type { HttpRoutes } from "../../transport/http/router.ts";
import { pathOf } from "../../transport/http/path.ts";
import { challengeOf, send, statusOf } from "../answers.ts";
import type { AgentAuth } from "../assertion.ts";
import { bodyText } from "../body.ts";
import { boundBy, shownBy } from "../identity/shown.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { makeLimiter } from "../limits.ts";
import { makeEventStore } from "./event-store.ts";
import { MCP_PATH } from "./names.ts";
import { makeSessions, type Session, type SessionServer } from "./sessions.ts";

/** After how long a client whose stream broke comes back, milliseconds. */
const RETRY_MS = 1000;

export interface HttpDoorOptions {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly auth: AgentAuth;
  /** Makes the MCP server of a new session. */
  readonly server: (agent: RegisteredAgent, sessionId: string) => SessionServer;
  readonly sessionId: () => string;
  /** `Host` values under which this gateway is known. */
  readonly hosts: ReadonlySet<string>;
  /** Exact `Origin` values that may call; normally none. */
  readonly origins: readonly string[];
  /** Messages a second, and how many at once, per agent. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly onRefused?: (code: ErrorCode) => void;
}

export interface HttpDoor {
  readonly routes: HttpRoutes;
  /** Ends what an agent that was switched off has open. */
  endOf(sub: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * MCP over Streamable HTTP (MCP 2025-11-25, "Transports"), one POST for each message. Who asks is known as at every door
 * of the agents: an assertion for each request. A session belongs to the agent that began it.
 */
export function mcpHttpDoor(options: HttpDoorOptions): HttpDoor {
  const { crypto, clock, auth } = options;
  const rate = options.rate ?? { perSecond: 10, burst: 120 };
  const mayAsk = makeLimiter(rate.perSecond, rate.burst, () => clock.nowMs());
  const mayFail = makeLimiter(5, 50, () => clock.nowMs());
  const sessions = makeSessions(() => clock.nowMs());

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    checkPlace(req);
    const text = await bodyText(req);
    const agent = authenticate(req, text);
    if (!mayAsk(agent.sub)) throw new CountersignError("E_RATE");
    const message = req.method === "POST" ? oneMessage(text) : undefined;
    const session = await sessionOf(req, agent, message);
    const key = idempotencyKey(req);
    const exact = { text, ...(key === undefined ? {} : { key }) };
    // The SDK hands `auth` over to the handler of the message.
    const withAuth = Object.assign(req, { auth: { token: "", clientId: agent.sub, scopes: [], extra: { exact } } });
    sessions.use(session, res);
    await session.transport.handleRequest(withAuth, res, message);
  }

  /**
   * SECURITY: a page in a browser cannot reach this through a name that it makes point here (DNS rebinding; MCP
   * "Transports", security warning): its Origin and its Host give it away.
   */
  function checkPlace({ headers }: IncomingMessage): void {
    const { origin, host } = headers;
    if (origin !== undefined && !options.origins.includes(origin) && !isOwn(origin)) {
      throw new CountersignError("E_ORIGIN");
    }
    if (host === undefined || !options.hosts.has(host.toLowerCase())) {
      throw new CountersignError("E_ORIGIN", "The request is for another host than this gateway.");
    }
  }

  /** The gateway's own origin: it serves no pages, so none of them is there. */
  const isOwn = (origin: string): boolean => URL.canParse(origin) && options.hosts.has(new URL(origin).host);

  function authenticate(req: IncomingMessage, text: string): RegisteredAgent {
    try {
      return auth.authenticate(shownBy(req), boundBy(req, contentDigest(crypto, text)));
    } catch (fault) {
      if (!mayFail(req.socket.remoteAddress ?? "")) throw new CountersignError("E_RATE");
      throw fault;
    }
  }

  async function sessionOf(req: IncomingMessage, agent: RegisteredAgent, message: unknown): Promise<Session> {
    const id = req.headers["mcp-session-id"];
    if (id === undefined && isMembers(message) && message["method"] === "initialize") return await begin(agent);
    if (typeof id !== "string")
      throw new CountersignError("E_CLM_SHAPE", "Begin with initialize: there is no session.");
    const session = sessions.of(id, agent.sub);
    // 404 tells a client to begin anew (MCP "Session management").
    if (session === undefined) throw new CountersignError("E_NOT_FOUND", "This session has ended. Begin a new one.");
    return session;
  }

  async function begin(agent: RegisteredAgent): Promise<Session> {
    if (!sessions.hasRoom(agent.sub)) throw new CountersignError("E_RATE", "Too many sessions are open.");
    const id = options.sessionId();
    const server = options.server(agent, id);
    const transport = new StreamableHTTPServerTransport({
      ...{ sessionIdGenerator: () => id, eventStore: makeEventStore(), retryInterval: RETRY_MS },
    });
    await server.connect(transport);
    const forget = transport.onclose;
    transport.onclose = () => {
      sessions.forget(id);
      forget?.();
    };
    return sessions.add({ id, sub: agent.sub, server, transport });
  }

  return {
    async routes(req, res) {
      if (pathOf(req) !== MCP_PATH) return false;
      try {
        await serve(req, res);
      } catch (fault) {
        if (!(fault instanceof CountersignError)) throw fault;
        options.onRefused?.(fault.code);
        refuse(res, fault.code, fault.message);
      }
      return true;
    },
    endOf: (sub) => sessions.endOf(sub),
    close: () => sessions.close(),
  };
}

/**
 * One JSON-RPC message, strictly read: what is put before a person is read the same way by everybody.
 * @throws CountersignError codes of strict JSON, `E_CLM_SHAPE`
 */
function oneMessage(text: string): unknown {
  if (!isMembers(parseFhir(text))) {
    throw new CountersignError("E_CLM_SHAPE", "Send one JSON-RPC message: batches are not taken.");
  }
  return JSON.parse(text);
}

/** JSON-RPC 2.0, 5.1: what could not be read, and what was not taken. */
const RPC_PARSE = -32_700;
const RPC_REFUSED = -32_000;

function refuse(res: ServerResponse, code: ErrorCode, message: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const status = code === "E_ORIGIN" ? 403 : statusOf(code);
  const words = message === code ? CODES[code].text : message;
  const error = {
    code: code.startsWith("E_FMT_") ? RPC_PARSE : RPC_REFUSED,
    message: `${code}: ${words}`,
    data: { code },
  };
  send(res, status, "application/json", JSON.stringify({ jsonrpc: "2.0", id: null, error }), {
    ...(status === 401 ? { "WWW-Authenticate": challengeOf(code) } : {}),
    ...(CODES[code].retry === "later" ? { "Retry-After": "5" } : {}),
  });
}
