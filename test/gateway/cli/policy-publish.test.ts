import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it, vi } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { TYP } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import { makeCli } from "./cli.ts";
import { hospital, ISS } from "./policy-hospital.ts";

const code = (value: string): unknown => expect.objectContaining({ code: value });

describe("the policy a gateway serves with", () => {
  it("is the one of the release where there is no other, and has its leaf once", async () => {
    const { init, serve, data } = await hospital();
    await init();
    expect(existsSync(path.join(data, "policy.jws"))).toBe(false);
    const leaves = await serve();
    expect(leaves).toHaveLength(1);
    expect(await serve()).toEqual(leaves);
  });

  it("may be another one of the next release, under the same version, and has a leaf again", async () => {
    const { init, serve, data } = await hospital();
    await init();
    await serve();
    const db = openSqliteStore(path.join(data, "gateway.sqlite"));
    const kept = JSON.parse(db.lastPublished("policy-set") ?? "") as { files: Record<string, string> };
    const earlier = { ...kept, dig: "sha-256:of-an-earlier-release", files: { ...kept.files, "old.cedar": "" } };
    db.write((tx) => tx.publish("earlier", "policy-set", JSON.stringify(earlier), 2_000_000_000));
    db.close();
    expect(await serve()).toHaveLength(1);
    const again = openSqliteStore(path.join(data, "gateway.sqlite"));
    again.write((tx) => tx.publish("later", "policy-set", JSON.stringify({ ...earlier, version: 2 }), 2_000_000_000));
    again.close();
    await expect(serve()).rejects.toThrow(code("E_POL_OLDER"));
  });

  it("is signed by the directory at once where its root key is at hand, and every publication has a leaf", async () => {
    const { init, serve, publish, setVersion, policy, file } = await hospital();
    expect((await init("--policy", policy)).status).toBe(0);
    const claims = readStored("policySet", readFileSync(file, "utf8").trim());
    expect(claims).toMatchObject({ sub: ISS, version: 1, files: { "policy.json": expect.any(String) as string } });
    expect(await serve()).toHaveLength(1);
    setVersion(2);
    const { status, json } = await publish();
    expect([status, json()]).toEqual([0, expect.objectContaining({ gateway: ISS, id: "urn:hospital:policy", ver: 2 })]);
    const leaves = await serve();
    expect([leaves.length, leaves[1]]).toEqual([2, json()["dig"]]);
  });

  it("takes the place of the release's when it is published beside a gateway, which then names it", async () => {
    const { init, publish, setVersion, serve, data } = await hospital();
    await init();
    await serve();
    setVersion(2);
    expect((await publish()).status).toBe(0);
    expect(JSON.parse(readFileSync(path.join(data, "gateway.json"), "utf8"))).toMatchObject({ policy: "policy.jws" });
    expect(await serve()).toHaveLength(2);
  });

  it("is refused while nobody has signed it, and says what to do", async () => {
    const far = makeCli();
    const { data, policy } = { data: far.at("gateway"), policy: far.at("policy") };
    await far.run(["policy", "new", policy]);
    const made = await far.run([
      "gateway",
      "init",
      "--iss",
      ISS,
      "--fhir-base",
      "https://f.example/r4",
      "--data",
      data,
      "--directory",
      far.at("gone"),
      "--policy",
      policy,
    ]);
    expect(made.err.join("\n")).toContain(`countersign policy publish ${policy} --gateway ${ISS} --out policy.jws`);
    expect(existsSync(path.join(data, "policy.jws"))).toBe(false);
    const { init, serve, file, policy: own } = await hospital();
    await init("--policy", own);
    const unsigned = readFileSync(path.join(own, "policy.json"), "utf8");
    writeFileSync(file, unsigned);
    await expect(serve()).rejects.toThrow(code("E_POL_UNSIGNED"));
  });

  it("is refused where one byte of it is another", async () => {
    const { init, serve, file, policy } = await hospital();
    await init("--policy", policy);
    const [head = "", payload = "", signature = ""] = readFileSync(file, "utf8").trim().split(".");
    const text = Buffer.from(payload, "base64url").toString().replace("critical", "moderate");
    writeFileSync(file, `${head}.${Buffer.from(text).toString("base64url")}.${signature}`);
    await expect(serve()).rejects.toThrow(code("E_POL_UNSIGNED"));
  });

  it.each([
    ["another key", {}],
    ["another directory", { iss: "https://other.example" }],
    ["the directory for another gateway", { sub: "https://other.example" }],
  ])("is refused where %s signed it", async (what, change) => {
    const { init, serve, file, policy, directory } = await hospital();
    await init("--policy", policy);
    const claims = readStored("policySet", readFileSync(file, "utf8").trim());
    const root = JSON.parse(readFileSync(path.join(directory, "root-key.jwk"), "utf8")) as Parameters<
      typeof makeSigner
    >[0];
    const signer = makeSigner(what === "another key" ? generateKey("ES256") : root);
    writeFileSync(file, signer.sign(TYP.policySet, { ...claims, ...change }));
    await expect(serve()).rejects.toThrow(code("E_POL_UNSIGNED"));
  });

  it("never goes back: not to a set that served before, not to another of the same version, not to the release's", async () => {
    const { init, serve, publish, setVersion, policy, file, data } = await hospital();
    await init("--policy", policy);
    const first = readFileSync(file, "utf8");
    await serve();
    setVersion(2);
    await publish();
    await serve();
    writeFileSync(file, first);
    await expect(serve()).rejects.toThrow(code("E_POL_OLDER"));
    const config = path.join(data, "gateway.json");
    const { policy: _policy, ...without } = JSON.parse(readFileSync(config, "utf8")) as Record<string, unknown>;
    writeFileSync(config, JSON.stringify(without));
    await expect(serve()).rejects.toThrow(code("E_POL_OLDER"));
  });

  it("is not even signed when it is older, or of the version of another", async () => {
    const { init, publish, setVersion, policy } = await hospital();
    await init("--policy", policy);
    setVersion(3);
    await publish();
    expect((await publish()).status).toBe(0);
    for (const [ver, id] of [
      [2, "urn:hospital:policy"],
      [3, "urn:hospital:other"],
    ] as const) {
      setVersion(ver, id);
      expect((await publish()).err).toEqual([expect.stringMatching(/^E_POL_OLDER: .* Count "ver" in policy\.json up/)]);
    }
  });

  it("is checked before it is signed", async () => {
    const { init, publish, policy, file } = await hospital();
    await init("--policy", policy);
    const before = readFileSync(file, "utf8");
    writeFileSync(path.join(policy, "own.cedar"), "permit (principal, action, resource);");
    expect((await publish()).err).toEqual([
      expect.stringMatching(/^E_POL_SET: own\.cedar:1:1: The policy has no @id\./),
    ]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("is refused where it asks a pool that the gateway does not serve", async () => {
    const { init, publish, setVersion, policy } = await hospital();
    await init("--pools", "clinicians");
    setVersion(2);
    writeFileSync(
      path.join(policy, "own.cedar"),
      '@id("ward") @says("W.") @verdict("raise") @tier("low") @pools("ward-7") permit (principal, action, resource);',
    );
    expect((await publish()).err).toEqual([
      expect.stringMatching(/^E_POL_SET: The policy set asks the pool "ward-7", .* Add it to "pools"/),
    ]);
  });

  it("is refused when it is too large to be signed, and its version stays free", async () => {
    const { init, publish, setVersion, policy } = await hospital();
    await init("--policy", policy);
    setVersion(2);
    const big = path.join(policy, "notes.cedar");
    writeFileSync(big, `// ${"x".repeat(260_000)}\n`);
    expect((await publish()).err).toEqual([expect.stringMatching(/^E_POL_SET: The policy set is larger than 256 KiB/)]);
    writeFileSync(big, "// nothing\n");
    expect((await publish()).status).toBe(0);
  });

  it("never goes back though the clock did", async () => {
    const { init, serve, publish, setVersion, policy, file, clock } = await hospital();
    await init("--policy", policy);
    const first = readFileSync(file, "utf8");
    const nowMs = clock.nowMs();
    vi.spyOn(clock, "nowMs").mockReturnValue(nowMs + 3600_000);
    await serve();
    setVersion(2);
    await publish();
    vi.spyOn(clock, "nowMs").mockReturnValue(nowMs + 1000);
    await serve();
    writeFileSync(file, first);
    await expect(serve()).rejects.toThrow(code("E_POL_OLDER"));
  });

  it("can be signed where the root key is, for a gateway elsewhere", async () => {
    const { run, at, directory, policy } = await hospital();
    const args = ["policy", "publish", policy, "--directory", directory, "--gateway", ISS];
    expect((await run(args)).err[0]).toMatch(/^E_CLI_INPUT: countersign policy publish needs both --gateway and --out/);
    expect((await run([...args, "--out", at("signed.jws")])).json()).toMatchObject({ gateway: ISS, ver: 1 });
    expect(readStored("policySet", readFileSync(at("signed.jws"), "utf8").trim()).sub).toBe(ISS);
  });
});
