import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect, it } from "vitest";

import { present } from "#shared/presentation/present.ts";

import { arrange, type Victim } from "../electron/hostile/arrange.ts";
import type { HostileGateway } from "../electron/hostile/gateway.ts";
import { b64, contentDigest, jdig, leafHash, makeKey, makeLog, nodeHash } from "../electron/hostile/jose.ts";
import { bodyWith, operation, PATIENT, T0, type Claims } from "../electron/hostile/request.ts";

/**
 * Rows F7, F9, F19 and F22 of the fault matrix (reliability.md 7): a gateway that lies, or passes lies on, to the real code
 * of a workstation over a real socket. I4 and I6 are checked there: nothing was signed, nothing waits to be sent.
 */

const drawn = (v: Victim, key: Parameters<Victim["desk"]["openReview"]>[0]) => {
  const { claims, template } = v.desk.openReview(key);
  return present(claims, template, { facilityZone: "Europe/London", now: T0 });
};

/** The connection goes on, and what is good is listed. */
async function expectAtWork(v: Victim): Promise<void> {
  const good = v.gateway.signed();
  v.gateway.push("action.pending", { jws: good });
  expect((await v.row(jdig(good))).status.kind).toBe("pending");
  expect(v.status().connection.kind).toBe("live");
}

/** What is written into an action or a record to be read as something else. */
const WRITTEN: Readonly<Record<string, string>> = {
  "an override of direction": "once\u202e a day",
  "an isolate that is not closed": "once\u2067 a day",
  "no width": "once\u200b a day",
  "a joiner": "on\u200dce a day",
  "a control": "once\u0007 a day",
  "an ANSI escape": "once\u001b[2K a day",
  "a tag": "once\u{e0041} a day",
  "a soft hyphen": "on\u00adce a day",
  "a variation": "once\ufe0f a day",
  "Cyrillic in a word": "onc\u0435 a day",
  "10,000 combining marks": `once a d${"\u0301".repeat(10_000)}ay`,
};

it("F7: hidden characters, controls, look-alikes and stacked marks in an action or a name are shown as tokens and quarantined; the digest is of the bytes as they are", async () => {
  const v = await arrange();
  for (const [name, words] of Object.entries(WRITTEN)) {
    const text = JSON.stringify(words).slice(1, -1);
    const body = bodyWith("once a day", text);
    const forged = v.gateway.signed(operation(body));
    v.gateway.push("action.pending", { jws: forged });
    const row = await v.row(jdig(forged));
    expect([name, row.status]).toMatchObject([name, { kind: "quarantined", code: "E_DSP_TEXT" }]);
    const { claims } = v.desk.openReview(row.key);
    expect(claims.action.op.body).toBe(body);
    expect(contentDigest(claims.action.op.body)).toBe(claims.action.op.body_dig);
    await expect(v.approve(row)).rejects.toMatchObject({ code: "E_DSP_TEXT" });
  }
  const named = v.gateway.signed({ patient: { ...PATIENT, name: "WATERS\u202eanuahS" } });
  v.gateway.push("action.pending", { jws: named });
  const row = await v.row(jdig(named));
  expect(row.status).toMatchObject({ kind: "quarantined", code: "E_DSP_TEXT" });
  // Nothing of it reaches a screen as it is: the character is a token with its number.
  expect(JSON.stringify(drawn(v, row.key))).toContain("202E");
  v.expectNothingSigned();
  await expectAtWork(v);
});

it("F7: a name that is written from right to left, and a very long line, are shown and can be approved", async () => {
  const v = await arrange();
  const rtl = v.gateway.signed({ patient: { ...PATIENT, name: "\u05db\u05d4\u05df, \u05e9\u05e8\u05d4" } });
  const long = v.gateway.signed(operation(bodyWith("once a day", "once a day ".repeat(500).trim())));
  for (const jws of [rtl, long]) {
    v.gateway.push("action.pending", { jws });
    const row = await v.row(jdig(jws));
    expect(row.status.kind).toBe("pending");
    expect(drawn(v, row.key).sections.length).toBeGreaterThan(0);
  }
  v.expectNothingSigned();
});

it("F9: an agent's words that imitate the app, or are padded to push it away, are drawn as the agent's and nowhere else; they approve nothing", async () => {
  const v = await arrange();
  const text = `Approved by Dr Okafor.${"\n".repeat(300)}**VERIFIED BY COUNTERSIGN** [Sign](https://x.example/)<button>OK</button>`;
  const rationale = { src: "agent", trust: "untrusted", trigger: "policy_rule", text };
  const jws = v.gateway.signed({ rationale });
  v.gateway.push("action.pending", { jws });
  const row = await v.row(jdig(jws));
  const rows = drawn(v, row.key).sections.flatMap((section) => section.rows);
  const imitating = rows.filter((one) => JSON.stringify(one.tokens).includes("VERIFIED BY COUNTERSIGN"));
  // C: of a claim. It is drawn in the agent's own well, of bounded height (AC09, AC10).
  expect(imitating.map(({ prov, must_see }) => [prov, must_see])).toEqual([["C", false]]);
  // The page shows no status that no receipt gave.
  expect(row.status.kind).toBe("pending");
  v.expectNothingSigned();
  await expectAtWork(v);
});

type Forge = (g: HostileGateway) => string;
const spoiled =
  (part: 0 | 1 | 2): Forge =>
  (g) => {
    const parts = g.signed().split(".");
    const at = Math.floor(parts[part]!.length / 2);
    const other = parts[part]![at] === "A" ? "B" : "A";
    parts[part] = parts[part]!.slice(0, at) + other + parts[part]!.slice(at + 1);
    return parts.join(".");
  };
const FORGED: Readonly<Record<string, readonly [code: string | RegExp, forge: Forge]>> = {
  "a changed payload": [/^E_(SIG_BAD|FMT_)/, spoiled(1)],
  "another dose under the signature": [
    "E_SIG_BAD",
    (g) => {
      const [header, , signature] = g.signed().split(".");
      const [, payload] = g.signed(operation(bodyWith('"value":5', '"value":50'))).split(".");
      return `${header!}.${payload!}.${signature!}`;
    },
  ],
  "a changed signature": ["E_SIG_BAD", spoiled(2)],
  "an old key": ["E_GW_KEY", (g) => g.signed({}, g.retired)],
  "a key nobody vouched for": ["E_GW_KEY", (g) => g.signed({}, makeKey())],
  "the key of sessions": ["E_GW_KEY", (g) => g.signed({}, g.session)],
  "a weak key in the gateway's name": [
    "E_GW_KEY",
    (g) => g.signed({}, { ...makeKey("Ed25519"), sign: () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)]) }),
  ],
  "another gateway's request": ["E_CLM_AUD", (g) => g.signed({ iss: "https://gateway.elsewhere.example" })],
};

it("F19: a request with a bad signature, an old key or another's is never listed, is counted by its reason for IT, and the gateway is told", async () => {
  const v = await arrange();
  const counted: Record<string, number> = {};
  for (const [name, [code, forge]] of Object.entries(FORGED)) {
    v.gateway.push("action.pending", { jws: forge(v.gateway) });
    await v.gateway.flushed();
    const fresh = Object.entries(v.status().refused).filter(([one, times]) => times !== (counted[one] ?? 0));
    expect([name, fresh]).toEqual([name, [[expect.stringMatching(code), expect.any(Number)]]]);
    Object.assign(counted, v.status().refused);
    expect(v.desk.rows()).toEqual([]);
  }
  const told = v.gateway.received.all.filter(({ type }) => type === "action.view");
  for (const { body } of told) expect(body).toMatchObject({ state: "rejected", code: expect.any(String) as string });
  expect(told.length).toBeGreaterThan(0);
  v.expectNothingSigned();
  await expectAtWork(v);
});

const [one, two, forged] = ["one", "two", "forged"].map(leafHash) as [Buffer, Buffer, Buffer];
const grown = (g: HostileGateway): string => g.log.checkpoint(2, nodeHash(one, two));
const LIES: Readonly<Record<string, readonly [code: string, note: Forge, proof?: readonly Buffer[]]>> = {
  "another history (split view)": ["E_LOG_FORK", (g) => g.log.checkpoint(2, nodeHash(forged, two))],
  "one size with two roots": ["E_LOG_FORK", (g) => g.log.checkpoint(1, forged)],
  "a proof of something else": ["E_LOG_FORK", grown, [forged]],
  "no proof": ["E_LOG_FORK", grown, []],
  "a proof that is too long": ["E_LOG_FORK", grown, [two, forged]],
  "another log's key": ["E_LOG_KEY", () => makeLog("log.northgate.example").checkpoint(2, nodeHash(one, two))],
  "another log": ["E_LOG_KEY", () => makeLog("log.elsewhere.example").checkpoint(2, nodeHash(one, two))],
};

it.each(Object.entries(LIES))(
  "F22: a log that shows %s raises an alarm, what shows it is kept, and nothing more is approved at that gateway",
  async (_name, [code, note, proof = [two]]) => {
    const v = await arrange();
    v.gateway.answers.set("log.consistency", ({ id, body }) => {
      v.gateway.send("log.consistency", { from: body["from"], to: body["to"], hashes: proof.map(b64) }, { re: id });
    });
    v.gateway.push("log.checkpoint", { note: v.gateway.log.checkpoint(1, one) });
    await v.gateway.flushed();
    const waiting = v.gateway.signed();
    v.gateway.push("action.pending", { jws: waiting });
    const row = await v.row(jdig(waiting));
    v.gateway.push("log.checkpoint", { note: note(v.gateway) });
    await v.seen.next((s) => "kept" in s && s.kept === code);
    expect(v.status().log_alarm).toBe(code);
    const files = await readdir(path.join(v.folder, "evidence"));
    expect(files).toHaveLength(1);
    const kept = JSON.parse(await readFile(path.join(v.folder, "evidence", files[0]!), "utf8")) as Claims;
    expect(kept).toMatchObject({
      code,
      pinned: v.gateway.log.checkpoint(1, one),
      seen: expect.stringMatching(/^log\./) as string,
    });
    await expect(v.approve(row)).rejects.toMatchObject({ code });
    v.expectNothingSigned();
    // A denial is still possible: it risks nothing.
    const { key, rev, digest } = row;
    await v.desk.decide({
      key,
      rev,
      digest,
      choice: { kind: "deny", reason: { code: "not-needed" }, report_agent: false },
    });
    await v.gateway.received.next(({ type }) => type === "decision.submit");
  },
);

it("F22: a log that is shorter when the gateway comes back (a shrunk tree) is an alarm", async () => {
  const v = await arrange();
  v.gateway.answers.set("log.consistency", ({ id, body }) => {
    v.gateway.send("log.consistency", { from: body["from"], to: body["to"], hashes: [b64(two)] }, { re: id });
  });
  v.gateway.push("log.checkpoint", { note: v.gateway.log.checkpoint(1, one) });
  await v.gateway.flushed();
  v.gateway.push("log.checkpoint", { note: grown(v.gateway) });
  await v.gateway.received.next((m) => m.type === "log.consistency");
  await v.gateway.flushed();
  await v.gateway.flushed();
  expect(v.status().log_alarm).toBeUndefined();
  v.gateway.checkpoint = v.gateway.log.checkpoint(1, one);
  v.gateway.text(Buffer.from("{}"));
  await v.connection("offline");
  v.clock.advance(600);
  await v.seen.next((s) => "kept" in s && s.kept === "E_LOG_FORK");
  expect(v.status().log_alarm).toBe("E_LOG_FORK");
  v.expectNothingSigned();
});
