import { createHmac, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { enrolmentTicket } from "#shared/protocol/claims/session.ts";
import { TYP } from "#shared/protocol/names.ts";

import { openDirectory } from "../../../gateway/directory/directory.ts";
import { DIR, ISS, uuid7 } from "../transport/people.ts";
import { makeCli } from "./cli.ts";

const ENDPOINT = "wss://gw.northgate.example/countersign/v1/feed";

/** A command line with a directory in its folder. */
async function withDirectory() {
  const cli = makeCli();
  const folder = cli.at("directory");
  const made = await cli.run(["directory", "init", "--iss", DIR, "--directory", folder, "--demo"]);
  const directory = async (args: readonly string[], typed?: readonly string[]) =>
    await cli.run(["directory", ...args, "--directory", folder], typed);
  const ticket = async (...more: string[]) =>
    await directory(["ticket", "--approver", "lee", "--pools", "clinicians", "--ws-endpoint", ENDPOINT, ...more]);
  /** What a device does with a ticket and its code (protocol.md 3.13); the key then waits for the second person. */
  const typeCode = (ticketId: string, code: string): string => {
    const opened = openDirectory(folder, { clock: cli.clock });
    const key = makeSigner(generateKey("ES256"));
    const { nonce } = opened.desk.begin(ticketId);
    const iat = Math.floor(cli.clock.nowMs() / 1000);
    const text = code.replaceAll("-", "");
    const mac = createHmac("sha256", text).update(`countersign-enrol/1\0${nonce}\0${key.kid}`).digest("base64url");
    const claims = {
      ...{ ver: 1, iss: `urn:jkt:${key.kid}`, aud: DIR, iat, exp: iat + 60, jti: uuid7(cli.clock.nowMs()), nonce },
      ...{ code_mac: mac, device: { name: "Ward 4", os: "test", app: "1", key_storage: "software" } },
    };
    const state = opened.desk.complete(ticketId, key.sign(TYP.enrol, claims, { jwk: key.jwk }));
    opened.close();
    if (state.kind !== "pending") throw new Error(state.kind);
    return key.kid;
  };
  const enrolled = async () => {
    const issued = await ticket();
    const ticketId = String(issued.json()["ticket_id"]);
    const code = /: (\S+)$/.exec(issued.err[0] ?? "")?.[1] ?? "";
    return { ticketId, kid: typeCode(ticketId, code) };
  };
  return { ...cli, folder, made, directory, ticket, enrolled };
}

describe("directory init", () => {
  it("makes a root key for its owner alone, and prints the public key and no private one", async () => {
    const { made, folder, directory } = await withDirectory();
    expect(made.json()).toMatchObject({ iss: DIR, env: "demo", folder });
    expect(made.out.join()).not.toContain('"d"');
    expect(statSync(path.join(folder, "root-key.jwk")).mode & 0o777).toBe(0o600);
    const key = (await directory(["key"])).json();
    expect(key).toEqual(made.json()["jwk"]);
    expect(key).toMatchObject({ kty: "EC", alg: "ES256", kid: made.json()["kid"] });
  });

  it("never writes over a directory that is there", async () => {
    const { run, folder } = await withDirectory();
    const before = readFileSync(path.join(folder, "root-key.jwk"), "utf8");
    const again = await run(["directory", "init", "--iss", DIR, "--directory", folder]);
    expect(again.status).not.toBe(0);
    expect(again.err[0]).toMatch(/^E_CLI_INPUT: .*holds a directory already/);
    expect(readFileSync(path.join(folder, "root-key.jwk"), "utf8")).toBe(before);
  });
});

describe("directory ticket (protocol.md 3.22)", () => {
  it("prints exactly the ticket, and the code on standard error only", async () => {
    const { ticket, made } = await withDirectory();
    const { status, out, err, json } = await ticket();
    expect([status, out.length]).toEqual([0, 1]);
    expect(enrolmentTicket.strict().parse(json())).toMatchObject({
      ws_endpoint: ENDPOINT,
      directory_iss: DIR,
      directory_kid: made.json()["kid"],
    });
    const code = /[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}/.exec(err.join("\n"))?.[0];
    expect(code).toBeDefined();
    expect(out.join()).not.toContain(code);
  });

  it("writes ticket and code to files, the code for its owner alone", async () => {
    const { ticket, at } = await withDirectory();
    const { out, err } = await ticket("--out", at("ticket.json"), "--code-out", at("code.txt"));
    expect(readFileSync(at("ticket.json"), "utf8").trim()).toBe(out[0]);
    expect(statSync(at("code.txt")).mode & 0o777).toBe(0o600);
    expect(err.join()).not.toContain(readFileSync(at("code.txt"), "utf8").trim());
    expect((await ticket("--out", at("ticket.json"))).err[0]).toMatch(/^E_CLI_INPUT: .*exists already/);
  });

  it("keeps what is known of a person and asks for a pool once", async () => {
    const { directory, folder, clock } = await withDirectory();
    const common = ["ticket", "--approver", `${DIR}/approvers/lee`, "--ws-endpoint", ENDPOINT];
    expect((await directory(common)).err[0]).toMatch(/^E_CLI_INPUT: .*needs a pool/);
    await directory([...common, "--pools", "a, b", "--name", "Dr Lee", "--roles", "attending", "--reg-no", "1234567"]);
    expect((await directory(common)).status).toBe(0);
    const opened = openDirectory(folder, { clock });
    expect(opened.records.approver(`${DIR}/approvers/lee`)).toEqual({
      sub: `${DIR}/approvers/lee`,
      name: "Dr Lee",
      pools: ["a", "b"],
      roles: ["attending"],
      reg_no: "1234567",
    });
    opened.close();
  });

  it("says what is missing when the directory vouches for no gateway", async () => {
    const { directory } = await withDirectory();
    const { err } = await directory(["ticket", "--approver", "lee", "--pools", "a"]);
    expect(err[0]).toMatch(/^E_CLI_INPUT: .*vouches for no gateway/);
  });
});

describe("directory confirm (protocol.md 3.13)", () => {
  it("signs when a second person says that the words are the same", async () => {
    const { enrolled, directory } = await withDirectory();
    const { ticketId, kid } = await enrolled();
    const { status, json, err } = await directory(["confirm", ticketId, "--by", "sam"], ["yes"]);
    expect([status, json()]).toEqual([0, { ticket_id: ticketId, state: "confirmed", sub: `${DIR}/approvers/lee` }]);
    expect(err.join("\n")).toMatch(/Check words: (?:[a-z]+ ){5}[a-z]+$/m);
    const list = (await directory(["list", "--json"])).json();
    expect(list["keys"]).toMatchObject([{ kid, status: "active", pools: ["clinicians"] }]);
  });

  it.each([
    ["the typed words are the same", (words: string) => ["--words", words.toUpperCase()], "confirmed"],
    ["one typed word differs", (words: string) => ["--words", words.replace(/\w+$/, "zoo zoo")], "rejected"],
    ["a person says no", () => [], "rejected"],
    ["a person rejects", () => ["--reject"], "rejected"],
  ])("%s: %s", async (_name, options, state) => {
    const { enrolled, directory } = await withDirectory();
    const { ticketId } = await enrolled();
    const words = ((await directory(["list", "--json"])).json()["pending"] as { words: string[] }[])[0]!.words;
    const { json } = await directory(["confirm", ticketId, "--by", "sam", ...options(words.join(" "))], ["no"]);
    expect(json()).toMatchObject({ state });
  });

  it("refuses the person who issued the ticket, and changes nothing when nobody answers", async () => {
    const { enrolled, directory } = await withDirectory();
    const { ticketId } = await enrolled();
    expect((await directory(["confirm", ticketId, "--yes"])).err.at(-1)).toMatch(/^E_FORBIDDEN: A second person/);
    expect((await directory(["confirm", ticketId, "--by", "sam"])).err.at(-1)).toMatch(/^E_CLI_INPUT: Nobody answered/);
    expect((await directory(["confirm", ticketId, "--by", "sam", "--yes"])).status).toBe(0);
    expect((await directory(["confirm", ticketId, "--by", "sam", "--yes"])).err[0]).toMatch(/^E_ENROL_TICKET: /);
  });
});

describe("directory revoke, suspend, reinstate, list", () => {
  it("stops a key by its id or every key of a person, and says so in the list", async () => {
    const { enrolled, directory } = await withDirectory();
    const { ticketId, kid } = await enrolled();
    await directory(["confirm", ticketId, "--by", "sam", "--yes"]);
    const status = async () =>
      ((await directory(["list", "--json"])).json()["keys"] as { status: string }[]).map((key) => key.status);
    expect((await directory(["suspend", kid, "--reason", "lost card"])).json()).toMatchObject({ keys: 1 });
    expect(await status()).toEqual(["suspended"]);
    await directory(["reinstate", kid]);
    expect(await status()).toEqual(["active"]);
    await directory(["revoke", `${DIR}/approvers/lee`]);
    expect(await status()).toEqual(["revoked"]);
    expect((await directory(["revoke", kid])).err[0]).toMatch(/^E_CLI_INPUT: No key of /);
    // One key name in 64 begins with a dash, and is still a word.
    const dashed = `-${"A".repeat(42)}`;
    expect((await directory(["revoke", dashed])).err[0]).toMatch(`E_CLI_INPUT: No key of ${dashed}`);
    expect((await directory(["reinstate", kid])).err[0]).toMatch(/^E_CLI_INPUT: Only a suspended key/);
    expect((await directory(["list"])).out.join("\n")).toMatch(new RegExp(`^revoked +${kid}`, "m"));
  });
});

describe("directory vouch", () => {
  it("signs for a gateway's registration, and tickets then name its address", async () => {
    const { directory, at } = await withDirectory();
    const gateway = makeSigner(generateKey("ES256"));
    const registration = {
      iss: ISS,
      ws_endpoint: ENDPOINT,
      jwks: { keys: [{ ...gateway.jwk, kid: gateway.kid, cs_use: ["request", "session"] }] },
      pools: ["clinicians"],
      log: { origin: "gw.northgate.example/log", vkey: "x" },
      templates: [],
    };
    writeFileSync(at("r.json"), JSON.stringify(registration));
    const { out } = await directory(["vouch", at("r.json"), "--out", at("credential.jwt")]);
    expect(readFileSync(at("credential.jwt"), "utf8").trim()).toBe(out[0]);
    const { json } = await directory(["ticket", "--approver", "lee", "--pools", "clinicians"]);
    expect(json()).toMatchObject({ ws_endpoint: ENDPOINT });
    writeFileSync(at("bad.json"), JSON.stringify({ ...registration, jwks: { keys: [{ kid: "x" }] } }));
    expect((await directory(["vouch", at("bad.json")])).err[0]).toMatch(/^E_CLI_INPUT: .*not a gateway's registration/);
  });

  it("needs the root key, and says where to run it", async () => {
    const { directory, folder } = await withDirectory();
    renameSync(path.join(folder, "root-key.jwk"), path.join(folder, `${randomUUID()}.jwk`));
    expect(existsSync(path.join(folder, "directory.sqlite"))).toBe(true);
    const { status, err } = await directory(["list"]);
    expect([status === 0, err.length]).toEqual([false, 1]);
    expect(err[0]).toMatch(/^E_CLI_INPUT: The directory's root key cannot be read from .*Run this where/);
  });
});
