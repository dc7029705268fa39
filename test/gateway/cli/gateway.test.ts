import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { limitsOf } from "../../../gateway/cli/config.ts";
import { DIR, ISS } from "../transport/people.ts";
import { makeCli } from "./cli.ts";

const FHIR = "http://127.0.0.1:9/r4";

/** A command line whose folders are its own. */
function gatewayCli() {
  const cli = makeCli();
  const [data, directory] = [cli.at("gateway"), cli.at("directory")];
  const folders = ["--data", data, "--directory", directory];
  return {
    ...cli,
    data,
    initDirectory: async () => await cli.run(["directory", "init", "--iss", DIR, "--directory", directory, "--demo"]),
    init: async (...more: string[]) =>
      await cli.run(["gateway", "init", "--iss", ISS, "--fhir-base", FHIR, ...folders, ...more]),
    read: (name: string) => JSON.parse(readFileSync(path.join(data, name), "utf8")) as Record<string, unknown>,
  };
}

describe("gateway init", () => {
  it("makes keys for their owner alone, and a registration with their public halves and nothing else", async () => {
    const { init, initDirectory, data, read } = gatewayCli();
    await initDirectory();
    const made = await init();
    expect(made.json()).toMatchObject({
      iss: ISS,
      ws_endpoint: "ws://127.0.0.1:7443/countersign/v1/feed",
      vouched: true,
    });
    for (const key of ["request-key.jwk", "token-key.jwk", "log-key.jwk"]) {
      expect(statSync(path.join(data, key)).mode & 0o777).toBe(0o600);
    }
    const registration = read("registration.json");
    expect(registration).toMatchObject({
      iss: ISS,
      pools: ["clinicians"],
      log: { origin: expect.any(String) as string },
    });
    expect(JSON.stringify(registration)).not.toContain('"d":');
    expect(made.err.join()).toContain("root key is on this host too");
  });

  it("works without the root key and says what to do next", async () => {
    const { init } = gatewayCli();
    const { status, json, err } = await init();
    expect([status, json()["vouched"]]).toEqual([0, false]);
    expect(err.join()).toContain("countersign directory vouch registration.json");
  });

  it.each([
    [["--host", "0.0.0.0"], /^E_TLS: 0\.0\.0\.0 is not a loopback address/],
    [["--tls-cert", "x.pem"], /^E_TLS: TLS needs both/],
    [["--port", "eighty"], /^E_CLI_INPUT: --port: /],
    [["--port", "70000"], /^E_CLI_INPUT: --port: /],
    [["--fhir-base", "fhir"], /^E_CLI_INPUT: --fhir-base: /],
    [["--policy", "gone"], /^E_CLI_INPUT: gone is not a folder of policies/],
    [["--templates", "gone"], /^E_CLI_INPUT: The folder of templates/],
  ])("refuses %j before anything is made", async (options, said) => {
    const { init, run, data } = gatewayCli();
    const { status, err } = await init(...options);
    expect(status).not.toBe(0);
    expect(err).toEqual([expect.stringMatching(said)]);
    expect((await run(["gateway", "register", "--data", data])).err[0]).toMatch(/^E_CLI_INPUT: There is no gateway in/);
  });

  it("refuses a policy that cannot be served, with its place", async () => {
    const { init, run, at } = gatewayCli();
    await run(["policy", "new", at("policy")]);
    const file = path.join(at("policy"), "orders.cedar");
    writeFileSync(file, readFileSync(file, "utf8").replace("tpl:referral", "tpl:none"));
    expect((await init("--policy", at("policy"))).err).toEqual([
      expect.stringMatching(/^E_POL_SET: orders\.cedar:\d+:1: Policy "referral" names a template that is not there/),
    ]);
  });

  it("never writes over a gateway that is there", async () => {
    const { init, data } = gatewayCli();
    await init();
    const before = readFileSync(path.join(data, "request-key.jwk"), "utf8");
    expect((await init()).err[0]).toMatch(/^E_CLI_INPUT: .*holds a gateway already. Nothing was changed\.$/);
    expect(readFileSync(path.join(data, "request-key.jwk"), "utf8")).toBe(before);
  });
});

it("names the limits of a configuration as the network side does, and leaves the others alone", () => {
  expect(limitsOf({ limits: { per_address: 9, handshakes: 7 } })).toEqual({ perAddress: 9, handshakes: 7 });
  expect(limitsOf({})).toEqual({});
});

describe("a data folder", () => {
  it("is registered anew after a change, with the same keys", async () => {
    const { init, run, data, read } = gatewayCli();
    await init();
    writeFileSync(path.join(data, "gateway.json"), JSON.stringify({ ...read("gateway.json"), name: "Northgate" }));
    const { json } = await run(["gateway", "register", "--data", data]);
    expect(json()).toEqual({ ...read("registration.json"), name: "Northgate" });
  });

  it.each([
    ["gateway.json", '{"format":"countersign-gateway/9"}', /^E_CLI_INPUT: .*gateway\.json: format: /],
    ["gateway.json", "{", /^E_FMT_JSON: .*gateway\.json is not JSON/],
    ["request-key.jwk", "{}", /^E_CLI_INPUT: .*request-key\.jwk holds no private key/],
  ])("with a damaged %s is refused in one line that names it", async (file, text, said) => {
    const { init, run, data } = gatewayCli();
    await init();
    writeFileSync(path.join(data, file), text);
    const { status, err } = await run(["gateway", "register", "--data", data]);
    expect(status).not.toBe(0);
    expect(err).toEqual([expect.stringMatching(said)]);
  });

  it("that never served has no log to verify, and gets none by asking", async () => {
    const { init, run, data } = gatewayCli();
    await init();
    const ask = async () => (await run(["log", "verify", "--data", data])).err[0];
    expect([await ask(), await ask()]).toEqual(
      [1, 2].map(() => expect.stringMatching(/^E_CLI_INPUT: There is no log/) as string),
    );
  });
});

describe("gateway rotate", () => {
  it("makes another key, tells the directory, and lets the old one go a month after its end", async () => {
    const { init, initDirectory, run, data, read, clock } = gatewayCli();
    await initDirectory();
    const { kid } = (await init()).json();
    const { status, json } = await run(["gateway", "rotate", "--data", data]);
    const now = Math.floor(clock.nowMs() / 1000);
    expect([status, json()]).toMatchObject([0, { retired: [{ kid, verify_until: now }], vouched: true }]);
    expect(json()["kid"]).not.toBe(kid);
    expect(statSync(path.join(data, "request-key.jwk")).mode & 0o777).toBe(0o600);
    const old = { kid, cs_use: ["request"], verify_until: now };
    expect(read("registration.json")).toMatchObject({ jwks: { keys: [{ kid: json()["kid"] }, {}, old] } });
    expect((await run(["gateway", "register", "--data", data])).json()).toEqual(read("registration.json"));
    clock.advance((30 * 24 * 3600 + 1) * 1000);
    const later = (await run(["gateway", "rotate", "--data", data])).json()["retired"] as { kid: string }[];
    expect(later.map((one) => one.kid)).toEqual([json()["kid"]]);
  });

  it("that was cut short after its first step leaves the key that is there", async () => {
    const { init, run, data, read } = gatewayCli();
    await init();
    const { kid, ...jwk } = (read("registration.json")["jwks"] as { keys: { kid: string }[] }).keys[0] ?? { kid: "" };
    const retired = [{ ...jwk, kid, cs_use: ["request"], verify_until: 2_000_000_000 }];
    writeFileSync(path.join(data, "retired-keys.json"), JSON.stringify(retired));
    const { json } = await run(["gateway", "register", "--data", data]);
    expect(json()).toEqual(read("registration.json"));
  });

  it("names a damaged list of retired keys, and changes nothing", async () => {
    const { init, run, data } = gatewayCli();
    await init();
    const key = () => readFileSync(path.join(data, "request-key.jwk"), "utf8");
    const before = key();
    writeFileSync(path.join(data, "retired-keys.json"), "{}");
    const { status, err } = await run(["gateway", "rotate", "--data", data]);
    expect([status, err]).toEqual([2, [expect.stringMatching(/retired-keys\.json is no list of public keys\.$/)]]);
    expect(key()).toBe(before);
  });
});
