import { describe, expect, it } from "vitest";

import { makeCli } from "./cli.ts";

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
