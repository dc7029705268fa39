import { writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { COMMAND_NAMES } from "../../../gateway/cli/commands.ts";
import { makeCli } from "./cli.ts";

describe("countersign", () => {
  it("shows every command when nothing or help is typed", async () => {
    const { run } = makeCli();
    for (const args of [[], ["help"], ["--help"]]) {
      const { status, out } = await run(args);
      expect(status).toBe(0);
      for (const name of COMMAND_NAMES) expect(out.join("\n")).toContain(`  ${name} `);
    }
  });

  it("shows the usage of one command, or of a group", async () => {
    const { run } = makeCli();
    expect((await run(["help", "verify"])).out.join()).toContain("countersign verify BUNDLE… --directory-key JWK");
    expect((await run(["verify", "--help"])).out.join()).toContain("countersign verify BUNDLE…");
    expect((await run(["help", "directory"])).out.join()).toContain("countersign directory ticket");
  });

  it.each([
    [["frob"], 'There is no command "frob"'],
    [["directory"], 'There is no command "directory"'],
    [["directory", "frob"], 'There is no command "directory frob"'],
    [["help", "frob"], 'There is no command "frob"'],
    [["verify", "x.json", "--nonsense"], "Unknown option '--nonsense'"],
    [["verify", "x.json"], "needs --directory-key"],
    [["verify", "--directory-key", "{}"], "needs BUNDLE…"],
    [["conformance"], "needs FILE"],
    [["directory", "list", "surplus"], "takes no further words"],
    [["directory", "init"], "needs --iss"],
    [["directory", "init", "--iss", "http://directory.example"], "is not an https URL"],
    [["directory", "init", "--iss", "https://directory.example/"], "without a slash at its end"],
  ])("answers %j with one line, its code and status 2, and no stack trace", async (args, said) => {
    const { run } = makeCli();
    const { status, out, err } = await run(args);
    expect(status).toBe(2);
    expect(out).toEqual([]);
    expect(err).toHaveLength(1);
    expect(err[0]).toContain(`E_CLI_INPUT: `);
    expect(err[0]).toContain(said);
    expect(err[0]).not.toMatch(/\n|\bat .+:\d+/);
  });
});

describe("countersign conformance (protocol.md 3.12)", () => {
  it("says where a file is not a vectors file, not JSON, or not there", async () => {
    const { run, at } = makeCli();
    writeFileSync(at("a.json"), "{}");
    writeFileSync(at("b.json"), "{");
    expect((await run(["conformance", at("a.json")])).err[0]).toMatch(/^E_CLM_SHAPE: .*vectors/);
    expect((await run(["conformance", at("b.json")])).err[0]).toMatch(/^E_FMT_JSON: .*b\.json is not JSON/);
    const missing = await run(["conformance", at("c.json")]);
    expect(missing.err[0]).toMatch(/^E_CLI_INPUT: .*c\.json cannot be read \(there is no such file\)\.$/);
    expect(missing.status).not.toBe(0);
  });
});

describe("countersign verify (protocol.md 3.12)", () => {
  it("gives a line for each file and goes on after one that is no bundle", async () => {
    const { run, at } = makeCli();
    writeFileSync(at("a.json"), '{"format":"countersign-bundle/1"}');
    writeFileSync(at("b.json"), '{"a":1,"a":2}');
    const files = [at("a.json"), at("b.json"), at("missing.json")];
    const key = JSON.stringify({ kty: "EC", crv: "P-256", x: "A", y: "A", alg: "ES256" });
    const { status, out, err } = await run(["verify", ...files, "--directory-key", key]);
    expect([status, err]).toEqual([1, []]);
    const verdicts = out.map((line) => JSON.parse(line) as { file: string; ok: boolean; steps: { code: string }[] });
    expect(verdicts.map(({ file }) => file)).toEqual(files);
    expect(verdicts.map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(verdicts.map(({ steps }) => steps[0]?.code)).toEqual(["E_BUNDLE", "E_FMT_DUP", "E_CLI_INPUT"]);
  });

  it("refuses a directory key that is no JSON", async () => {
    const { run, at } = makeCli();
    writeFileSync(at("key.jwk"), "-----BEGIN");
    const { status, err } = await run(["verify", "x.json", "--directory-key", at("key.jwk")]);
    expect(status).toBe(1);
    expect(err[0]).toMatch(/^E_FMT_JSON: .*key\.jwk is not JSON/);
  });
});
