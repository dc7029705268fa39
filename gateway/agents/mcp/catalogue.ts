import type { Tool } from "@modelcontextprotocol/sdk/types.js";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { definitionDigest, type Pins } from "./pins.ts";
import type { Upstream } from "./upstream.ts";

/** A tool of a server behind the gateway. */
export interface GuardedTool {
  readonly server: string;
  /** The server's own definition. */
  readonly definition: Tool;
  readonly dig: string;
  /** `new`: nobody accepted it yet; `changed`: it is not what was accepted. Only accepted ones are shown and called. */
  readonly state: "accepted" | "new" | "changed";
}

export interface CatalogueOptions {
  readonly crypto: Crypto;
  readonly pins: Pins;
  readonly upstreams: () => readonly Upstream[];
  /** Unix seconds. */
  readonly now: () => number;
  /** Accepts what a server lists when it is met for the first time: for trials. Changes are refused all the same. */
  readonly acceptsFirst: boolean;
  /** Told of each definition that is accepted, before it counts, and of each that has changed. */
  readonly onAccepted: (tool: GuardedTool, replacesOther: boolean) => void;
  readonly onRefused: (tool: GuardedTool) => void;
}

/** What agents may see and call, and what waits for an operator. */
export interface Catalogue {
  /** Every tool of every connected server, accepted or not. */
  all(): readonly GuardedTool[];
  /** Servers that are not connected now: what they list may be old, or is not known. */
  away(): readonly string[];
  /** As agents see them: accepted, each under one name. */
  shown(): ReadonlyMap<string, GuardedTool>;
  /** One tool as its server lists it now. */
  find(server: string, tool: string): GuardedTool | undefined;
  /** An operator accepts definitions by their digests. @throws CountersignError `E_TOOL_UNKNOWN`: none is accepted */
  accept(digests: readonly string[]): readonly GuardedTool[];
  /** To be called when a server has listed its tools. */
  relist(): void;
  onChanged(listener: () => void): () => void;
}

/** Names of the gateway's own tools begin so; a server's tool of such a name is shown under its server's. */
export const OWN_PREFIX = "countersign_";

export function makeCatalogue(options: CatalogueOptions): Catalogue {
  const { crypto, pins, upstreams, now } = options;
  const listeners = new Set<() => void>();
  const told = new Set<string>();
  let shown: ReadonlyMap<string, GuardedTool> = new Map();

  const guarded = (server: string, definition: Tool): GuardedTool => {
    const dig = definitionDigest(crypto, server, definition);
    const pin = pins.of(server, definition.name);
    return { server, definition, dig, state: pin === undefined ? "new" : pin.dig === dig ? "accepted" : "changed" };
  };

  const all = (): readonly GuardedTool[] =>
    upstreams().flatMap((one) => (one.tools() ?? []).map((tool) => guarded(one.name, tool)));

  function keep(tool: GuardedTool): GuardedTool {
    const accepted = { ...tool, state: "accepted" as const };
    options.onAccepted(accepted, pins.of(tool.server, tool.definition.name) !== undefined);
    pins.keep({ server: tool.server, tool: tool.definition.name, dig: tool.dig, accepted_at: now() });
    return accepted;
  }

  function relist(): void {
    if (options.acceptsFirst) {
      const strangers = upstreams().filter((one) => one.tools() !== undefined && !pins.knows(one.name));
      for (const one of strangers) for (const tool of one.tools() ?? []) keep(guarded(one.name, tool));
    }
    for (const tool of all()) {
      if (tool.state === "accepted" || told.has(tool.dig)) continue;
      told.add(tool.dig);
      options.onRefused(tool);
    }
    const next = named(all().filter(({ state }) => state === "accepted"));
    const isSame = sign(next) === sign(shown);
    shown = next;
    if (!isSame) for (const listener of [...listeners]) listener();
  }

  return {
    all,
    away: () => upstreams().flatMap((one) => (one.isAway() ? [one.name] : [])),
    shown: () => shown,
    find: (server, tool) => all().find((one) => one.server === server && one.definition.name === tool),
    accept(digests) {
      const found = digests.map((dig) => {
        const tool = all().find((one) => one.dig === dig);
        if (tool === undefined) throw new CountersignError("E_TOOL_UNKNOWN", `No server lists a tool with ${dig} now.`);
        return tool;
      });
      const accepted = found.map((tool) => (tool.state === "accepted" ? tool : keep(tool)));
      relist();
      return accepted;
    },
    relist,
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Under its own name where that is one tool's alone; otherwise all who share it are under `server__tool`. */
function named(tools: readonly GuardedTool[]): ReadonlyMap<string, GuardedTool> {
  const count = new Map<string, number>();
  for (const { definition } of tools) count.set(definition.name, (count.get(definition.name) ?? 0) + 1);
  const taken = [OWN_PREFIX, ...tools.map(({ server }) => `${server}__`)];
  const isFree = (name: string): boolean => count.get(name) === 1 && !taken.some((prefix) => name.startsWith(prefix));
  return new Map(
    tools.map((tool) => {
      const { name } = tool.definition;
      return [isFree(name) ? name : `${tool.server}__${name}`, tool] as const;
    }),
  );
}

const sign = (tools: ReadonlyMap<string, GuardedTool>): string =>
  JSON.stringify([...tools].map(([name, { dig }]) => [name, dig]));
