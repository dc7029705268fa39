import { existsSync, readFileSync } from "node:fs";

import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

import { digest as digestText, seconds } from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { replaceFile } from "../../store/replace-file.ts";

/** A definition that an operator accepted. */
export interface Pin {
  readonly server: string;
  readonly tool: string;
  /** {@link definitionDigest} of what was accepted. */
  readonly dig: string;
  /** Unix seconds. */
  readonly accepted_at: number;
}

/** What is accepted, kept over restarts. */
export interface Pins {
  of(server: string, tool: string): Pin | undefined;
  /** True when something of this server was ever accepted. */
  knows(server: string): boolean;
  keep(pin: Pin): void;
}

const pinsFile = z.strictObject({
  format: z.literal("countersign-mcp-tools/1"),
  tools: z.array(
    z.strictObject({ server: z.string().max(64), tool: z.string().max(256), dig: digestText, accepted_at: seconds }),
  ),
});

/**
 * The pins in a file of the data folder.
 * @throws CountersignError `E_CLI_INPUT` when it cannot be read: nothing is accepted by mistake
 */
export function pinsIn(file: string): Pins {
  return makePins(existsSync(file) ? readPins(file) : [], (tools) => {
    replaceFile(file, `${JSON.stringify({ format: "countersign-mcp-tools/1", tools }, undefined, 2)}\n`);
  });
}

export function makePins(from: readonly Pin[] = [], save: (pins: readonly Pin[]) => void = () => undefined): Pins {
  const pins = new Map(from.map((pin) => [nameOf(pin.server, pin.tool), pin]));
  return {
    of: (server, tool) => pins.get(nameOf(server, tool)),
    knows: (server) => [...pins.values()].some((pin) => pin.server === server),
    keep(pin) {
      const next = new Map(pins).set(nameOf(pin.server, pin.tool), pin);
      // Kept before it counts.
      save([...next.values()]);
      pins.set(nameOf(pin.server, pin.tool), pin);
    },
  };
}

const nameOf = (server: string, tool: string): string => `${server}/${tool}`;

function readPins(file: string): readonly Pin[] {
  try {
    return pinsFile.parse(JSON.parse(readFileSync(file, "utf8"))).tools;
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", `${file} cannot be read. Restore it, or accept the tools anew.`, {
      cause,
    });
  }
}

/**
 * Names a tool's whole definition (server, name, title, description, schemas, annotations): `dig` of its JSON with the members of
 * every object in order. A description that changes after it was accepted is how a server turns on its users ("rug
 * pull"), so it gives another digest.
 */
export const definitionDigest = (crypto: Crypto, server: string, tool: Tool): string =>
  dig(crypto, JSON.stringify([server, ordered(tool)]));

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, ordered(member)]);
}
