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
