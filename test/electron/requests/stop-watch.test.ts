import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";
import { importDirectory } from "#shared/protocol/evidence/verify-bundle.ts";
import { TYP } from "#shared/protocol/names.ts";
import { reportPages } from "#shared/reports/page.ts";

import { trustGateway } from "../../../electron/connection/trusted-gateway.ts";
import { makeStopWatch } from "../../../electron/requests/stop-watch.ts";
import { crypto, freshUuid } from "../../gateway/device.ts";
import { AGENT, DIR, GW, makeWorld, type Person, type World } from "../../gateway/world.ts";

let world: World;
beforeEach(() => {
  world = makeWorld();
});
afterEach(() => {
  world.close();
});

const statement = (person: Person, kind: string, target: object, reason?: object): string =>
  person.device.signer.sign(TYP.statement, {
    ...{ ver: 1, iss: person.claims.device, sub: person.claims.sub, aud: GW, iat: world.now(), exp: world.now() + 120 },
    ...{ jti: freshUuid(), kind, target },
    ...(reason === undefined ? {} : { reason }),
  });
const say = (person: Person, kind: string, type = "*", reason?: object) =>
  world.core.submitStatement(statement(person, kind, { type }, reason), person.session);

type Item = Record<string, unknown> & { paused?: Record<string, unknown> & { evidence?: Record<string, unknown> } };

/** A client of the real gateway; `change` is what a gateway that lies does to its answer. */
function watching(reader: Person, change: (item: Item) => unknown = (item) => item) {
  let answers = 0;
  let changes = 0;
  let refusal: CountersignError | undefined;
  const key = importDirectory(crypto, world.authority.directory.jwk);
  const gateway = trustGateway(crypto, world.core.credential, { iss: DIR, key }, world.now());
  const watch = makeStopWatch(
    {
      crypto,
      directory: { iss: DIR, key },
      link: {
        gateway,
        async call(_type: string, body: object) {
          answers++;
          if (refusal) throw refusal;
          const page = reportPages.agents.parse(
            JSON.parse(JSON.stringify(world.core.report(reader.session, { ...body }))),
          );
          return { body: { ...page, items: page.items.map((item) => change(item as Item)) } } as never;
        },
      },
    },
    () => {
      changes++;
    },
  );
  return {
    watch,
    counts: () => [answers, changes],
    refuse(code: CountersignError | undefined) {
      refusal = code;
    },
  };
}

describe("whether everything is stopped", () => {
  it("names the supervisor whose statement it is, to a clinician too, until it is resumed; the same again is no news", async () => {
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    const { watch, counts } = watching(lee);
    await watch.ask();
    expect([watch.stopped(), counts()]).toEqual([undefined, [1, 0]]);
    say(boss, "pause-type");
    await watch.ask();
    await watch.ask();
    expect(watch.stopped()).toEqual({ at: world.now(), by: boss.claims.name, proof: "statement" });
    expect(counts()).toEqual([3, 1]);
    say(boss, "resume-type");
    await watch.ask();
    expect([watch.stopped(), counts()]).toEqual([undefined, [4, 2]]);
  });

  it("names who it was by the gateway's receipt where the words are not for this person, and nobody where that does not hold", async () => {
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    say(boss, "pause-type", "*", { code: "other", text: "Mrs Waters was given 50 mg" });
    const own = watching(boss);
    await own.watch.ask();
    expect(own.watch.stopped()).toMatchObject({ proof: "statement" });
    let sent = "";
    const { watch } = watching(lee, (item) => ((sent = JSON.stringify(item)), item));
    await watch.ask();
    expect(watch.stopped()).toEqual({ at: world.now(), by: boss.claims.name, proof: "receipt" });
    expect(sent).not.toContain('statement"');
    const report = statement(lee, "report-agent", { agent: AGENT });
    const answered = world.core.submitStatement(report, lee.session);
    const leesOwn = { receipt: answered.kind === "receipt" ? answered.jws : "", credential: lee.cred };
    expect(leesOwn.receipt).not.toBe("");
    for (const change of [leesOwn, { receipt: "a.b.c" }, { credential: lee.cred }, { credential: undefined }]) {
      const lying = watching(lee, (item) => ({
        ...item,
        paused: { ...item.paused, answer: { ...(item.paused as { answer?: object }).answer, ...change } },
      }));
      await lying.watch.ask();
      expect(lying.watch.stopped()).toEqual({ at: world.now(), proof: "not_valid" });
    }
  });

  it("says so of an operator's stop, which nobody signed, without a name", async () => {
    const { watch } = watching(world.person("lee"));
    world.core.store.write((tx) => tx.pause("type", "*", world.now()));
    await watch.ask();
    expect(watch.stopped()).toEqual({ at: world.now(), proof: "none" });
  });

  it("shows nobody's name where the statement is not theirs, of another stop, or of somebody without the role", async () => {
    const [lee, boss] = [world.person("lee"), world.person("boss", { roles: ["supervisor"] })];
    say(boss, "pause-type");
    const other = statement(boss, "resume-type", { type: "*" });
    const narrower = statement(boss, "pause-type", { type: "order.create" });
    const forged = statement(lee, "pause-type", { type: "*" });
    const told = (evidence: Record<string, unknown>) => async () => {
      const { watch } = watching(lee, (item) => ({
        ...item,
        paused: { ...item.paused, evidence: { ...item.paused?.evidence, ...evidence } },
      }));
      await watch.ask();
      return watch.stopped();
    };
    const unproven = { at: world.now(), proof: "not_valid" };
    expect(await told({})()).toMatchObject({ proof: "statement" });
    for (const change of [
      { statement: other },
      { statement: narrower },
      { statement: forged },
      { credential: lee.cred },
      { statement: forged, credential: lee.cred },
      { credential: undefined },
      { receipt: "a.b.c" },
    ]) {
      expect(await told(change)()).toEqual(unproven);
    }
  });

  it("keeps what it knew while the gateway does not answer, or answers something else", async () => {
    const boss = world.person("boss", { roles: ["supervisor"] });
    say(boss, "pause-type");
    let isOdd = false;
    const asked = watching(boss, (item) => (isOdd ? { ...item, type: "tool.call" } : item));
    const { watch } = asked;
    await watch.ask();
    const known = watch.stopped();
    expect(known).toBeDefined();
    asked.refuse(new CountersignError("E_CLI_OFFLINE"));
    await watch.ask();
    expect(watch.stopped()).toBe(known);
    asked.refuse(undefined);
    isOdd = true;
    await watch.ask();
    expect(watch.stopped()).toBe(known);
  });
});
