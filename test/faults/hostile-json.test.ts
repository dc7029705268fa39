import { afterAll, beforeAll, expect, it } from "vitest";

import { honest } from "../blackbox/decision.ts";
import { orderFor } from "../blackbox/hospital.ts";
import { sealRaw, type Members } from "../blackbox/signed.ts";
import { Socket } from "../blackbox/socket.ts";
import { approval } from "../electron/approval.ts";
import { arrange } from "../electron/hostile/arrange.ts";
import { headerOf, jdig, rawJws } from "../electron/hostile/jose.ts";
import { bodyWith, goodClaims, operation } from "../electron/hostile/request.ts";
import { besiege, refusals, type Attacker, type Besieged } from "./besieged.ts";

/**
 * Rows F1 to F6 and F8 of the fault matrix (reliability.md 7): texts that are not the JSON of protocol.md 3.2, at every
 * place where one is read. The matrix's `bad-message` are the codes of 3.8, V2 to V6.
 */

let target: Besieged;
beforeAll(async () => {
  target = await besiege();
});
afterAll(async () => await target.close());

type Spoil = (good: string) => string | Uint8Array;
/** What is done to a good JSON object, and the code for it; in a frame another, where it is said. */
type Texts = Readonly<Record<string, readonly [code: string, spoil: Spoil, inFrame?: string]>>;

const first =
  (member: string): Spoil =>
  (good) =>
    `{${member},${good.slice(1)}`;
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

const PING = `{"v":1,"type":"ping","id":"h","ts":"2026-09-21T14:13:20.123Z","body":{"t0":1}}`;

/** A decision's payload as this text, under a good signature. */
const decisionOf = ({ person, jws }: Attacker, spoil: Spoil, decision = "approve"): string =>
  sealRaw(
    person.key,
    JSON.stringify({ alg: person.key.alg, typ: "countersign-decision+jwt", kid: person.key.kid }),
    spoil(JSON.stringify(honest(person, jws, decision))),
  );
const said = async ({ person, socket }: Attacker, jws: string): Promise<string> => {
  const { answer, receipt } = await person.submit(socket, jws);
  return receipt === undefined ? String(answer.body["code"]) : `${receipt.result} ${String(receipt.code)}`;
};

/** As a frame, as a signed decision, as an agent's request, and as a gateway's request to the workstation. */
async function refusedEverywhere(texts: Texts): Promise<void> {
  const wanted = Object.fromEntries(Object.entries(texts).map(([name, [code]]) => [name, code]));
  const counted = new Map<string, number>();
  const count = (door: string, code: string, times: number): void => {
    const name = refusals(door, code);
    counted.set(name, (counted.get(name) ?? 0) + times);
  };
  for (const [code, , inFrame = code] of Object.values(texts)) {
    count("feed", inFrame, 3);
    count("feed", code, 1);
    count("agent", code, 1);
  }
  await target.withstands(async (attacker) => {
    const before = await target.figures();
    const [signed, asked]: Record<string, string>[] = [{}, {}];
    for (const [name, [code, spoil, inFrame = code]] of Object.entries(texts)) {
      signed![name] = await said(attacker, decisionOf(attacker, spoil));
      asked![name] = await target.ask(spoil(JSON.stringify(orderFor("evans-gareth"))));
      const socket = await Socket.open(target.address());
      for (let i = 0; i < 3; i++) socket.raw(String(spoil(PING)));
      expect([name, await socket.closed]).toEqual([name, 4400]);
      const errors = socket.received.map(({ type, re, body }) => [type, re, body["code"], body["retry"]]);
      expect([name, ...errors]).toEqual([name, ...Array<unknown>(3).fill(["error", undefined, inFrame, "never"])]);
    }
    expect(signed).toEqual(wanted);
    expect(asked).toEqual(Object.fromEntries(Object.entries(wanted).map(([name, code]) => [name, `400 ${code}`])));
    const after = await target.figures();
    for (const [name, times] of counted)
      expect([name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]).toEqual([name, times]);
  });
  await refusedAtTheWorkstation(texts);
}

/** In a request that a gateway signed: counted, not listed, and the next one is listed. */
async function refusedAtTheWorkstation(texts: Texts): Promise<void> {
  const v = await arrange();
  const { gateway } = v;
  const refused: Record<string, number> = {};
  for (const [code, spoil] of Object.values(texts)) {
    refused[code] = (refused[code] ?? 0) + 1;
    const payload = spoil(JSON.stringify(goodClaims()));
    const jws = rawJws(gateway.request, headerOf(gateway.request, "countersign-request+jwt"), payload);
    gateway.push("action.pending", { jws });
  }
  await gateway.flushed();
  expect([v.status().refused, v.desk.rows()]).toEqual([refused, []]);
  v.expectNothingSigned();
  const good = gateway.signed();
  gateway.push("action.pending", { jws: good });
  expect((await v.row(jdig(good))).status.kind).toBe("pending");
}

it("F1: malformed JSON, trailing data, a byte order mark and NUL are refused at every door, counted, and nothing is stored", async () => {
  await refusedEverywhere({
    "cut off": ["E_FMT_JSON", (good) => good.slice(0, -1)],
    "text after it": ["E_FMT_JSON", (good) => `${good}{}`],
    "a comma at the end": ["E_FMT_JSON", (good) => `${good.slice(0, -1)},}`],
    "a comment": ["E_FMT_JSON", (good) => `/**/${good}`],
    "single quotes": ["E_FMT_JSON", (good) => good.replaceAll('"', "'")],
    "NUL between": ["E_FMT_JSON", (good) => good.replace("{", "{\u0000")],
    "NUL in a text": ["E_FMT_JSON", first('"x":"\u0000"')],
    "a byte order mark": ["E_FMT_UTF8", (good) => `\ufeff${good}`, "E_FMT_JSON"],
  });
});

it("F2: a name twice, also once escaped, is refused at every door: two readers would see two values", async () => {
  await refusedEverywhere({
    "the same name": ["E_FMT_DUP", first('"x":1,"x":2')],
    "one of them escaped": ["E_FMT_DUP", first('"x":1,"\\u0078":2')],
    "deep inside": ["E_FMT_DUP", first('"x":[{"action":"read","action":"delete"}]')],
    "`__proto__` twice": ["E_FMT_DUP", first('"__proto__":{},"__proto__":{}')],
  });
});

it("F3: `__proto__`, `constructor` and `prototype` are names like any other: nothing is inherited from them", async () => {
  await target.withstands(async (attacker) => {
    const { person, socket, jws } = attacker;
    for (const name of ["__proto__", "constructor", "prototype"]) {
      expect((await socket.ask(name)).body["code"]).toBe("E_TYPE_UNKNOWN");
      // protocol.md 3.4.2: an unknown member is ignored, and it is no more than that.
      socket.raw(PING.replace('"t0":1', `"t0":1,"${name}":{"t0":2}`));
      expect((await socket.next("pong")).body["t0"]).toBe(1);
      const { decision: _without, ...rest } = honest(person, jws, "approve");
      const inherited = (): string => `{"${name}":{"decision":"approve"},${JSON.stringify(rest).slice(1)}`;
      expect([name, await said(attacker, decisionOf(attacker, inherited))]).toEqual([name, "E_CLM_SHAPE"]);
      // An agent is told that what it said will be seen by nobody.
      const draft = JSON.stringify(orderFor("evans-gareth"));
      expect(await target.ask(first(`"${name}":{"action":"x"}`)(draft))).toBe("400 E_CLM_SHAPE");
      socket.raw(PING.replace('"type":"ping"', `"${name}":{"type":"ping"}`));
      expect((await socket.next(({ re, type }) => type === "error" && re === undefined)).body["code"]).toBe(
        "E_FMT_ENVELOPE",
      );
    }
    expect(await socket.closed).toBe(4400);
  });
  expect(({} as Members)["decision"]).toBeUndefined();
});

it("F3: at the workstation such a member of the action is shown with everything else, and approves nothing by itself", async () => {
  const v = await arrange();
  const body = bodyWith('"intent":"order",', '"intent":"order","__proto__":{"status":"draft"},"constructor":"x",');
  const jws = v.gateway.signed(operation(body));
  v.gateway.push("action.pending", { jws });
  const row = await v.row(jdig(jws));
  const review = v.desk.openReview(row.key);
  const input = approval(review);
  if (input.choice.kind !== "approve") throw new Error("an approval");
  const named = input.choice.seen.filter((id) => /__proto__|constructor/.test(id));
  expect(named).toHaveLength(2);
  const choice = { ...input.choice, seen: input.choice.seen.filter((id) => !named.includes(id)) };
  await expect(v.desk.decide({ ...input, choice })).rejects.toMatchObject({ code: "E_DSP_INCOMPLETE" });
  v.expectNothingSigned();
});

it("F4: more than 32 levels are refused at every door before anything is built of them, however deep", async () => {
  await refusedEverywhere({
    "33 levels": ["E_FMT_DEPTH", first(`"x":${nested(32)}`)],
    "33 objects": ["E_FMT_DEPTH", first(`"x":${'{"a":'.repeat(32)}1${"}".repeat(32)}`)],
    "20,000 levels": ["E_FMT_DEPTH", first(`"x":${nested(10_000)}`)],
    "levels that never end": ["E_FMT_DEPTH", (good) => `${good.slice(0, -1)},"x":${"[".repeat(10_000)}`],
  });
});

it("F5: bytes that are no UTF-8 close a socket with 1007 and are refused wherever else text is read", async () => {
  const bad: Record<string, Buffer> = {
    "a byte alone": Buffer.of(0xff),
    "a continuation alone": Buffer.of(0x80),
    "a character cut off": Buffer.of(0xe2, 0x82),
    "an overlong form": Buffer.of(0xc0, 0xaf),
    "half a pair in UTF-8": Buffer.of(0xed, 0xa0, 0x80),
    "beyond the last character": Buffer.of(0xf5, 0x80, 0x80, 0x80),
  };
  const inText =
    (bytes: Buffer): ((good: string) => Buffer) =>
    (good) =>
      Buffer.concat([Buffer.from('{"x":"'), bytes, Buffer.from(`",${good.slice(1)}`)]);
  await target.withstands(async (attacker) => {
    for (const [name, bytes] of Object.entries(bad)) {
      const socket = await Socket.open(target.address());
      socket.text(inText(bytes)(PING));
      expect([name, await socket.closed, socket.received]).toEqual([name, 1007, []]);
      expect([name, await said(attacker, decisionOf(attacker, inText(bytes)))]).toEqual([name, "E_FMT_UTF8"]);
      const draft = JSON.stringify(orderFor("evans-gareth"));
      expect([name, await target.ask(inText(bytes)(draft))]).toEqual([name, "400 E_FMT_UTF8"]);
    }
  });
  await refusedAtTheWorkstation(
    Object.fromEntries(Object.entries(bad).map(([name, bytes]) => [name, ["E_FMT_UTF8", inText(bytes)]])),
  );
});

it("F6: half a surrogate pair and characters that are none are refused at every door: they would hash alike", async () => {
  await refusedEverywhere({
    "a high half": ["E_FMT_SURROGATE", first('"x":"\\ud800"')],
    "a low half": ["E_FMT_SURROGATE", first('"x":"\\udbff"')],
    "halves in the wrong order": ["E_FMT_SURROGATE", first('"x":"\\udc00\\ud800"')],
    "in a name": ["E_FMT_SURROGATE", first('"\\ud800":1')],
    "a noncharacter": ["E_FMT_SURROGATE", first('"x":"\\uffff"')],
  });
});

it("F8: numbers that another reader would read otherwise are refused at every door", async () => {
  await refusedEverywhere({
    "2^53 + 1": ["E_FMT_NUMBER", first('"x":9007199254740993')],
    "1e400": ["E_FMT_NUMBER", first('"x":1e400')],
    "a huge exponent": ["E_FMT_NUMBER", first('"x":1e-999999999')],
    "minus zero": ["E_FMT_NUMBER", first('"x":-0')],
    "a fraction": ["E_FMT_NUMBER", first('"x":1.0')],
    NaN: ["E_FMT_JSON", first('"x":NaN')],
    Infinity: ["E_FMT_JSON", first('"x":-Infinity')],
    "a zero before it": ["E_FMT_JSON", first('"x":01')],
  });
});

it("F8: what is no number of JSON in an order's own body is refused before anybody is asked", async () => {
  const { operation: op, ...draft } = orderFor("evans-gareth") as { operation: { body: string } } & Members;
  const value = /"value": ?[\d.]+/;
  expect(op.body).toMatch(value);
  await target.withstands(async () => {
    for (const number of ["NaN", "Infinity", "01", "1.", ".5", "+1"]) {
      const hostile = { ...draft, operation: { ...op, body: op.body.replace(value, `"value":${number}`) } };
      expect([number, await target.ask(JSON.stringify(hostile))]).toEqual([number, "400 E_OP_BODY"]);
    }
  });
});
