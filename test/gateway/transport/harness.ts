import { EventEmitter, once } from "node:events";

import { onTestFinished } from "vitest";
import type { ClientOptions } from "ws";

import { serve, type ServeOptions, type Serving } from "../../../gateway/transport/serve.ts";
import type { LogFields } from "../../../gateway/transport/logger.ts";
import { TestClient } from "./client.ts";
import { makeMemoryCore, type MemoryCore } from "./memory-core.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import type { Person } from "./people.ts";

export interface Harness {
  readonly clock: ManualClock;
  readonly memory: MemoryCore;
  readonly serving: Serving;
  readonly logged: { readonly event: string; readonly fields: LogFields }[];
  /** Resolves when the gateway has logged this. */
  readonly whenLogged: (event: string) => Promise<void>;
  readonly connect: (options?: ClientOptions) => Promise<TestClient>;
  /** A connected client with a session. */
  readonly ready: (person?: Person) => Promise<TestClient>;
}

/** A gateway on a free port over the in-memory core; everything is closed when the test ends. */
export async function startGateway(options: Partial<ServeOptions> = {}): Promise<Harness> {
  const clock = manualClock();
  const memory = makeMemoryCore(clock);
  const logged: Harness["logged"] = [];
  const events = new EventEmitter();
  const log = (event: string, fields: LogFields = {}): void => {
    logged.push({ event, fields });
    events.emit(event);
  };
  const serving = await serve(memory.core, {
    host: "127.0.0.1",
    port: 0,
    clock,
    logger: { info: log, warn: log, error: log },
    random: { text: (bytes) => Buffer.alloc(bytes, logged.length + 1).toString("base64url"), unit: () => 0.5 },
    ...options,
    limits: { drainMs: 0, ...options.limits },
  });
  const clients: TestClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.ws.terminate();
    await serving.close();
  });
  const connect: Harness["connect"] = async (clientOptions) => {
    const client = await TestClient.connect(serving.wsUrl, clientOptions);
    clients.push(client);
    return client;
  };
  return {
    clock,
    memory,
    serving,
    logged,
    async whenLogged(event) {
      if (!logged.some((line) => line.event === event)) await once(events, event);
    },
    connect,
    async ready(person = memory.person("lee")) {
      const client = await connect();
      const answer = await client.signIn(person, clock.nowMs());
      if (answer.type !== "ready") throw new Error(`not ready: ${JSON.stringify(answer.body)}`);
      return client;
    },
  };
}
