import { readFileSync, statSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import { makeCli } from "./cli.ts";

describe("agent key", () => {
  it("prints the public half of what it keeps for the agent alone, and replaces no key", async () => {
    const cli = makeCli();
    const file = cli.at("agent.jwk");
    const { status, out } = await cli.run(["agent", "key", "--out", file]);
    const kept = readFileSync(file, "utf8");
    expect([status, statSync(file).mode & 0o777]).toEqual([0, 0o600]);
    expect(JSON.parse(out[0] ?? "")).toEqual(makeSigner(JSON.parse(kept) as PrivateJwk).jwk);
    const again = await cli.run(["agent", "key", "--out", file]);
    expect([again.status, again.out, readFileSync(file, "utf8")]).toEqual([2, [], kept]);
    expect(again.err.join("\n")).toContain("it exists already");
  });
});

describe("agent disable", () => {
  it.each([
    ["no reason", ["urn:a"], "--reason"],
    ["nobody named", ["--reason", "x"], "needs an agent"],
    ["two ways of naming", ["urn:a", "--owner", "urn:b", "--reason", "x"], "needs an agent"],
    ["two agents", ["urn:a", "urn:b", "--reason", "x"], "needs AGENT"],
    ["an option that is none", ["urn:a", "--why", "x"], "--why"],
  ])("guesses nothing: %s is refused before anything is opened", async (_what, args, said) => {
    const { status, err, out } = await makeCli().run(["agent", "disable", ...args]);
    expect(status).toBe(2);
    expect(out).toEqual([]);
    expect(err.join("\n")).toContain("E_CLI_INPUT");
    expect(err.join("\n")).toContain(said);
  });

  it("says where there is no gateway", async () => {
    const cli = makeCli();
    const { err } = await cli.run(["agent", "list", "--data", cli.at("nowhere")]);
    expect(err.join("\n")).toMatch(/E_CLI_INPUT.*There is no gateway/s);
  });
});

describe("agent halt and agent resume", () => {
  it.each([
    ["no reason", ["--everything"], "--reason"],
    ["nothing named", ["--reason", "x"], "needs an agent"],
    ["two things named", ["urn:a", "--everything", "--reason", "x"], "needs an agent"],
    ["a type that is none", ["--type", "order.shred", "--reason", "x"], "no type of action"],
  ])("guess nothing: %s is refused before anything is opened", async (_what, args, said) => {
    for (const verb of ["halt", "resume"]) {
      const { status, err } = await makeCli().run(["agent", verb, ...args]);
      expect([status, err.join("\n")]).toEqual([2, expect.stringContaining(said)]);
    }
  });
});
