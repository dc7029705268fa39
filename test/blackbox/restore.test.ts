import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { answer, run, serve, type Serving } from "./command.ts";
import { open, type Hospital } from "./hospital.ts";
import { continues, readNote } from "./log.ts";
import type { Person } from "./person.ts";

/** `gateway restore`, on real processes: what is put in place, what is refused, and what a client then sees of the log. */

let hospital: Hospital;
let lee: Person;
let restored: Serving | undefined;

beforeEach(async () => {
  hospital = await open();
  lee = await hospital.enrol("lee");
});
afterEach(async () => {
  await restored?.stop();
  restored = undefined;
  await hospital.close();
});

const at = (name: string): string => path.join(hospital.folder, name);
const elsewhere = (): Record<string, string> => ({ ...hospital.env, COUNTERSIGN_DATA: at("restored") });
const backUp = async (...more: string[]) =>
  await answer(["gateway", "backup", "--to", at("copy"), ...more], hospital.env);
const restore = async (...more: string[]) =>
  await run(["gateway", "restore", "--from", at("copy"), ...more], elsewhere());
/** Stops the gateway, and keeps the newest checkpoint that it ever published. */
async function lose(): Promise<string> {
  await hospital.serving.stop();
  copyFileSync(at("gateway/checkpoint"), at("newest"));
  return at("newest");
}
const expectNothing = (): void => {
  expect(readdirSync(hospital.folder).filter((name) => name.startsWith("restored"))).toEqual([]);
};

describe("a backup that has lost nothing", () => {
  it("continues the same log under another epoch of the feed, and withdraws what waited", async () => {
    const rid = await hospital.raise("order");
    const session = await lee.connect(hospital.wsUrl);
    const before = await session.socket.ask("subscribe", {
      feeds: ["pool:clinicians", "me"],
      cursor: null,
      credit: 256,
    });
    await session.socket.next("snapshot.end");
    await backUp("--with-keys");
    const newest = await lose();
    const { status, out, err } = await restore("--newest-checkpoint", newest);
    expect(status, err).toBe(0);
    const { vkey } = lee.pinned.gateway.log;
    const old = readNote(readFileSync(newest, "utf8"), vkey);
    expect(JSON.parse(out)).toMatchObject({ ok: true, folder: at("restored"), entries: old.size, known: old.size });
    expect(statSync(at("restored")).mode & 0o777).toBe(0o700);

    restored = await serve(elsewhere());
    const address = String(restored.line["ws_url"]);
    const signed = async () => {
      const { socket, ready } = await lee.connect(address);
      socket.close();
      return readNote(String(ready["checkpoint"]), vkey);
    };
    await expect.poll(async () => (await signed()).size).toBeGreaterThan(old.size);
    const now = await signed();
    const { socket } = await lee.connect(address);
    const { body } = await socket.ask("log.consistency", { from: old.size, to: now.size });
    const proof = (body["hashes"] as string[]).map((hash) => Buffer.from(hash, "base64url"));
    expect(continues(old, now, proof)).toBe(true);
    const epoch = String(before.body["epoch"]);
    const again = await socket.ask("subscribe", {
      feeds: ["pool:clinicians", "me"],
      cursor: `${epoch}:1`,
      credit: 256,
    });
    expect(again.body["mode"]).toBe("snapshot");
    expect(again.body["epoch"]).not.toBe(epoch);
    expect((await answer(["gateway", "state", rid], elsewhere()))["state"]).toBe("withdrawn");
    socket.close();

    await restored.stop();
    const log = await answer(["log", "verify", "--checkpoint", newest], elsewhere());
    expect(log).toMatchObject({ ok: true });
    // Only the first start is one after a restore.
    restored = await serve(elsewhere());
    const rid2 = String((await answer(["gateway", "raise", "docs/samples/referral.json"], elsewhere()))["rid"]);
    await restored.stop();
    restored = await serve(elsewhere());
    expect((await answer(["gateway", "state", rid2], elsewhere()))["state"]).toBe("open");
  });

  it("takes the keys from where they were kept, and knows a checkpoint from a bundle", async () => {
    const rid = await hospital.raise("order");
    const { socket } = await hospital.connect(lee);
    const listed = socket.received.find(({ type }) => type === "action.pending");
    await lee.submit(socket, lee.decide(String(listed?.body["jws"]), "deny"));
    await expect
      .poll(async () => (await run(["gateway", "bundle", rid, "--out", at("bundle.json")], hospital.env)).status)
      .toBe(0);
    await backUp();
    await lose();
    const without = await restore("--newest-checkpoint", at("bundle.json"));
    expect([without.status, without.err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: The private keys are not in/),
    ]);
    expectNothing();
    const given = await restore("--newest-checkpoint", at("bundle.json"), "--keys", at("gateway"));
    expect(given.status, given.err).toBe(0);
    restored = await serve(elsewhere());
    expect((await answer(["gateway", "state", rid], elsewhere()))["state"]).toBe("denied");
  });
});

describe("a backup of before an erasure", () => {
  it("is refused and says what is in it still; the one made after it restores, and what was erased is erased", async () => {
    const rid = await hospital.raise("order");
    const { socket } = await hospital.connect(lee);
    const listed = socket.received.find(({ type }) => type === "action.pending");
    await lee.submit(socket, lee.decide(String(listed?.body["jws"]), "deny"));
    await backUp("--with-keys");
    const erased = await run(["gateway", "retention", "erase", "--request", rid, "--order", "2026/17"], hospital.env);
    expect([erased.status, erased.err]).toEqual([0, expect.stringContaining("make a new one now")]);
    await answer(["gateway", "backup", "--with-keys", "--to", at("after")], hospital.env);
    const newest = await lose();
    const refused = await restore("--newest-checkpoint", newest);
    expect([refused.status, refused.err]).toEqual([
      1,
      expect.stringMatching(
        /^E_STORE_CORRUPT: .*would be lost.*What was erased after this backup was made is in it still/,
      ),
    ]);
    expectNothing();

    // Nobody can tell from the copy alone: the words ask the one thing that only people know.
    const unknowing = await restore("--newest-checkpoint", at("copy/checkpoint"));
    const { made_at: made } = JSON.parse(unknowing.out) as { made_at: number };
    const time = new Date(made * 1000).toISOString().replace(".000Z", "Z");
    expect(unknowing.err).toContain(`It was made at ${time}. Do you know of anything that this gateway did later`);
    rmSync(at("restored"), { recursive: true });

    const after = ["gateway", "restore", "--from", at("after"), "--newest-checkpoint", newest];
    expect(await answer(after, elsewhere())).toMatchObject({ ok: true });
    expect(await answer(["gateway", "retention", "status"], elsewhere())).toMatchObject({ erased: 1 });
  });
});

describe("nothing is put in place", () => {
  it("when the log has lost entries that somebody holds a checkpoint of, or nobody says what they hold", async () => {
    await backUp("--with-keys");
    await hospital.raise("order");
    const newest = await lose();
    const silent = await restore();
    expect([silent.status, silent.err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: .*needs --newest-checkpoint/),
    ]);
    const { status, err } = await restore("--newest-checkpoint", newest, "--newest-checkpoint", at("copy/checkpoint"));
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(
        /^E_STORE_CORRUPT: The backup has \d+ entries of the log, but \d+ were signed for: \d+ would be lost/,
      ),
    ]);
    expectNothing();
  });

  it("when a file was changed or is missing, or the target is not empty", async () => {
    await backUp("--with-keys");
    const newest = await lose();
    mkdirSync(at("restored"));
    writeFileSync(at("restored/something"), "");
    const full = await restore("--newest-checkpoint", newest);
    expect([full.status, full.err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: .*is not empty\. Nothing was changed/),
    ]);
    expect(readdirSync(at("restored"))).toEqual(["something"]);

    const other = { ...hospital.env, COUNTERSIGN_DATA: at("other") };
    const to = async (): Promise<string> =>
      (await run(["gateway", "restore", "--from", at("copy"), "--newest-checkpoint", newest], other)).err;
    const store = readFileSync(at("copy/gateway.sqlite"));
    const middle = Math.floor(store.length / 2);
    store[middle] = (store[middle] ?? 0) ^ 1;
    writeFileSync(at("copy/gateway.sqlite"), store);
    expect(await to()).toMatch(/^E_STORE_CORRUPT: The backup is damaged: gateway\.sqlite is not as it was written/);
    const manifest = readFileSync(at("copy/manifest.json"), "utf8");
    writeFileSync(at("copy/manifest.json"), manifest.replace('"path": "agents.json"', '"path": "../agents.json"'));
    expect(await to()).toMatch(/^E_CLI_INPUT: .*is not a list of what a backup holds/);
    writeFileSync(at("copy/manifest.json"), manifest.replace('"path": "agents.json"', '"path": "gone.json"'));
    expect(await to()).toMatch(/^E_STORE_CORRUPT: The backup is damaged: gone\.json is missing|gateway\.sqlite is not/);
    const elsewhereToo = await run(
      ["gateway", "restore", "--from", at("gateway"), "--newest-checkpoint", newest],
      other,
    );
    expect(elsewhereToo.err).toMatch(/^E_CLI_INPUT: .*is no backup, or not a whole one/);
    expect(existsSync(at("other"))).toBe(false);
  });

  it("when an agent was put into it, or its list of files is another's: the log's key did not sign that", async () => {
    await backUp("--with-keys");
    const newest = await lose();
    const to = async (): Promise<string> => (await restore("--newest-checkpoint", newest)).err;
    const agents = readFileSync(at("copy/agents.json"), "utf8");
    const other = agents.replace(/"name": *"/, "$&Another ");
    expect(other).not.toBe(agents);
    writeFileSync(at("copy/agents.json"), other);
    const manifest = readFileSync(at("copy/manifest.json"), "utf8");
    const list = JSON.parse(manifest) as { files: { path: string; bytes: number; sha256: string }[] };
    const entry = list.files.find((file) => file.path === "agents.json")!;
    entry.bytes = Buffer.byteLength(other);
    entry.sha256 = createHash("sha256").update(other).digest("hex");
    writeFileSync(at("copy/manifest.json"), `${JSON.stringify(list, undefined, 2)}\n`);
    expect(await to()).toMatch(/^E_STORE_CORRUPT: The gateway that this backup is of did not sign its list of files/);
    const seal = readFileSync(at("copy/manifest.note"), "utf8");
    rmSync(at("copy/manifest.note"));
    expect(await to()).toMatch(/^E_STORE_CORRUPT: The gateway that this backup is of did not sign/);
    expectNothing();

    writeFileSync(at("copy/agents.json"), agents);
    writeFileSync(at("copy/manifest.json"), manifest);
    writeFileSync(at("copy/manifest.note"), seal);
    expect((await restore("--newest-checkpoint", newest)).status).toBe(0);
  });
});
