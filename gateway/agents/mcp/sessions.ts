import type { ServerResponse } from "node:http";

import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

/** The SDK's server by messages: what a proxy needs, which lists what others list. */
export type SessionServer = McpServer["server"];

export interface Session {
  readonly id: string;
  /** The agent that began it. */
  readonly sub: string;
  readonly server: SessionServer;
  readonly transport: StreamableHTTPServerTransport;
}

interface Kept extends Session {
  usedAtMs: number;
  /** Answers that are open now: streams among them. */
  open: number;
}

const MOST = 1000;
const MOST_OF_ONE = 32;
/** A session that nobody used for so long, and that has nothing open, is over. */
const IDLE_MS = 30 * 60_000;

export interface Sessions {
  hasRoom(sub: string): boolean;
  add(session: Session): Session;
  /** SECURITY: another agent's session is as unknown as one that never was. */
  of(id: string, sub: string): Session | undefined;
  /** Notes that it is used by the answer that begins. */
  use(session: Session, res: ServerResponse): void;
  forget(id: string): void;
  /** Ends every session of this agent, with what it has open. */
  endOf(sub: string): Promise<void>;
  close(): Promise<void>;
}

export function makeSessions(nowMs: () => number): Sessions {
  const sessions = new Map<string, Kept>();

  const end = async ({ id, server }: Kept): Promise<void> => {
    sessions.delete(id);
    await server.close();
  };

  /** Ends what is idle for long; and, where one agent has too many, the one it did not use the longest. */
  function sweep(sub: string): void {
    const now = nowMs();
    const idle = [...sessions.values()].filter(({ open }) => open === 0);
    for (const one of idle.filter(({ usedAtMs }) => now - usedAtMs > IDLE_MS)) void end(one);
    const own = [...sessions.values()].filter((one) => one.sub === sub);
    if (own.length < MOST_OF_ONE) return;
    const [oldest] = own.filter(({ open }) => open === 0).toSorted((a, b) => a.usedAtMs - b.usedAtMs);
    if (oldest !== undefined) void end(oldest);
  }

  return {
    hasRoom(sub) {
      sweep(sub);
      const own = [...sessions.values()].filter((one) => one.sub === sub).length;
      return own < MOST_OF_ONE && sessions.size < MOST;
    },
    add(session) {
      sessions.set(session.id, { ...session, usedAtMs: nowMs(), open: 0 });
      return session;
    },
    of(id, sub) {
      const session = sessions.get(id);
      return session?.sub === sub ? session : undefined;
    },
    use({ id }, res) {
      const session = sessions.get(id);
      if (session === undefined) return;
      session.open++;
      session.usedAtMs = nowMs();
      res.once("close", () => {
        session.open--;
        session.usedAtMs = nowMs();
      });
    },
    forget: (id) => void sessions.delete(id),
    async endOf(sub) {
      await Promise.all([...sessions.values()].filter((one) => one.sub === sub).map(end));
    },
    async close() {
      await Promise.all([...sessions.values()].map(end));
    },
  };
}
