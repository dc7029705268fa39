import { beforeAll, describe, expect, it, vi } from "vitest";

import { open, orderFor, type Hospital } from "./hospital.ts";
import { proves, readNote } from "./log.ts";
import { eventOf, type Receipt, type RequestClaims, type SetClaims } from "./objects.ts";
import type { Live, Person } from "./person.ts";
import { jdig, nowS, payloadOf, seal, uuid7, type Members } from "./signed.ts";
import type { Message } from "./socket.ts";

/** Statements (protocol.md 3.20). */

let hospital: Hospital;
let [lee, pat, sam]: Person[] = [];
let [mine, theirs, chief]: Live[] = [];
const AGENT = "urn:stranger:agent";

beforeAll(async () => {
  hospital = await open(({ ask }) => {
    // The gateway serves the pools that its policy names: clinicians alone decide here, pharmacists get what is forwarded.
    ask("medication-order", "clinicians");
    ask("data-release", "pharmacists");
  });
  for (const name of ["evans-a", "evans-b", "evans-c"]) hospital.record.copy("evans-gareth", name);
  [lee, pat, sam] = await Promise.all([
    hospital.enrol("lee"),
    hospital.enrol("pat", { pools: "pharmacists" }),
    hospital.enrol("sam", { roles: "supervisor" }),
  ]);
  [mine, theirs, chief] = await Promise.all([
    hospital.connect(lee),
    hospital.connect(pat, ["pool:pharmacists", "me"]),
    hospital.connect(sam),
  ]);
  return async () => await hospital.close();
});

const submit = async (person: Person, { socket }: Live, jws: string) => {
  const answer = await socket.ask("statement.submit", { jws });
  if (answer.type !== "statement.receipt") return { code: `${answer.type} ${String(answer.body["code"])}`, answer };
  const receipt = person.verified<Receipt>(answer.body["jws"], "countersign-receipt+jwt");
  return { code: receipt.result, receipt, answer };
};
async function raised(patient: string): Promise<{ rid: string; jws: string; claims: RequestClaims }> {
  const rid = await hospital.raise(orderFor(patient));
  const about = ({ body }: Message): string => payloadOf<RequestClaims>(body["jws"]).rid;
  const message = await mine!.socket.next((one) => one.type === "action.pending" && about(one) === rid);
  return { rid, ...lee!.request(message) };
}
const setIn = (person: Person, { body }: Message) => eventOf(person.verified<SetClaims>(body["set"], "secevent+jwt"));

describe("forward and extend", () => {
  it("forward: the new audience gets revision 2, the old one is told, and cannot decide any more", async () => {
    const { rid, jws, claims } = await raised("evans-a");
    const statement = lee!.statement("forward", { rid, rev: 1 }, { args: { to: "pharmacists", note: "Yours" } });
    const { receipt } = await submit(lee!, mine!, statement);
    expect(receipt).toMatchObject({ stm_dig: jdig(statement), result: "recorded", sub: lee!.claims.sub });
    expect(receipt).not.toHaveProperty("dec_dig");
    const gone = await mine!.socket.next("action.withdrawn");
    expect(setIn(lee!, gone)).toMatchObject({ name: "request-withdrawn", members: { rid, reason: "forwarded" } });
    const { claims: next } = pat!.request(await theirs!.socket.next("action.pending"));
    expect(next).toMatchObject({
      rid,
      rev: 2,
      prev: jdig(jws),
      exp: claims.exp,
      aud: [`${claims.iss}/pools/pharmacists`],
    });
    expect(next.nonce).not.toBe(claims.nonce);
    const old = await lee!.submit(mine!.socket, lee!.decide(jws, "deny"));
    expect(old.receipt).toMatchObject({ result: "rejected", code: "E_REQ_SUPERSEDED" });

    const again = await submit(lee!, mine!, statement);
    expect(again.answer.body).toMatchObject({ duplicate: true });
    const { index, leaf } = receipt!.log;
    const { vkey } = lee!.pinned.gateway.log;
    await mine!.socket.next(
      ({ type, body }) => type === "log.checkpoint" && readNote(String(body["note"]), vkey).size > index,
    );
    const proof = await mine!.socket.ask("log.proof", { index });
    const entry = String(proof.body["entry"]);
    expect(proves(String(proof.body["proof"]), entry, vkey).index).toBe(index);
    expect([JSON.parse(entry), leaf]).toMatchObject([
      { t: "statement", obj: jdig(statement), kid: lee!.key.kid },
      leaf,
    ]);
  });

  it("extend: only the members that may differ do, and approvals of the old revision do not carry over", async () => {
    const { rid, jws, claims } = await raised("evans-b");
    const { code } = await submit(lee!, mine!, lee!.statement("extend", { rid, rev: 1 }, { args: { seconds: 600 } }));
    expect(code).toBe("recorded");
    const updated = await mine!.socket.next("action.updated");
    expect(setIn(lee!, updated)).toMatchObject({
      name: "request-superseded",
      members: { rid, rev: 1, by_rev: 2, req_dig: jdig(jws) },
    });
    const next = lee!.request(updated);
    expect(next.claims).toMatchObject({ rev: 2, prev: jdig(jws), deadline_only: true, exp: claims.exp + 600 });
    const free = new Set(["jti", "rev", "prev", "iat", "exp", "submit_by", "grant_exp", "nonce", "deadline_only"]);
    const kept = (all: object): unknown =>
      JSON.parse(
        JSON.stringify(
          Object.fromEntries(Object.entries(all).filter(([name]) => !free.has(name))),
          (name, value: unknown) => (name === "not_after" ? 0 : value),
        ),
      );
    expect(kept(next.claims)).toEqual(kept(claims));
    const { receipt } = await lee!.submit(mine!.socket, lee!.decide(next.jws, "deny"));
    expect(receipt?.outcome).toBe("denied");
    const late = await submit(lee!, mine!, lee!.statement("extend", { rid, rev: 2 }, { args: { seconds: 600 } }));
    expect(late.code).toBe("error E_REQ_TERMINAL");
  });
});

describe("refusals", () => {
  it("form, author, role, target and arguments each have their code, and nothing changes", async () => {
    const { rid } = await raised("evans-c");
    const about = { rid, rev: 1 };
    // What ended a minute before the key began is over, skew included, once the key is two seconds old.
    await vi.waitFor(() => expect(nowS()).toBeGreaterThan(lee!.claims.nbf + 2), { timeout: 30_000 });
    const honest = (): Members => payloadOf(lee!.statement("report-agent", { agent: AGENT }));
    const made = (claims: Members): string => seal(lee!.key, "countersign-statement+jwt", { ...honest(), ...claims });
    const cases: Record<string, [string, string]> = {
      "another typ": ["E_SIG_TYP", seal(lee!.key, "countersign-decision+jwt", honest())],
      "no JWS": ["E_FMT_JWS", "statement"],
      "no target": ["E_CLM_SHAPE", made({ target: undefined })],
      "another gateway": ["E_CLM_AUD", made({ aud: "https://other.example" })],
      "another person's key": ["E_KEY_DEVICE", pat!.statement("report-agent", { agent: AGENT })],
      "another subject": ["E_KEY_SUBJECT", made({ sub: pat!.claims.sub })],
      "too long a life": ["E_CLM_LIFETIME", made({ exp: nowS() + 400 })],
      "from the future": ["E_CLM_FUTURE", made({ iat: nowS() + 100, exp: nowS() + 120 })],
      over: ["E_CLM_EXPIRED", made({ iat: lee!.claims.nbf - 60, exp: lee!.claims.nbf - 59 })],
      "a kind nobody knows": ["E_STM_KIND", lee!.statement("promote", about)],
      "not a supervisor": ["E_STM_ROLE", lee!.statement("pause-agent", { agent: AGENT })],
      "an agent nobody knows": ["E_AGENT_UNKNOWN", lee!.statement("report-agent", { agent: "urn:nobody" })],
      "a request nobody knows": [
        "E_REQ_UNKNOWN",
        lee!.statement("extend", { rid: uuid7(), rev: 1 }, { args: { seconds: 60 } }),
      ],
      "another revision": ["E_REQ_SUPERSEDED", lee!.statement("extend", { rid, rev: 2 }, { args: { seconds: 60 } })],
      "no arguments": ["E_CLM_SHAPE", lee!.statement("extend", about)],
      "seconds as text": ["E_CLM_SHAPE", lee!.statement("extend", about, { args: { seconds: "60" } })],
      "a long note": [
        "E_CLM_SHAPE",
        lee!.statement("forward", about, { args: { to: "pharmacists", note: "x".repeat(281) } }),
      ],
      "to nobody": ["E_FEED", lee!.statement("forward", about, { args: { to: "nobody" } })],
    };
    const got: Record<string, string> = {};
    for (const [name, [, jws]] of Object.entries(cases)) got[name] = (await submit(lee!, mine!, jws)).code;
    expect(got).toEqual(Object.fromEntries(Object.entries(cases).map(([name, [code]]) => [name, `error ${code}`])));
    const notMine = await submit(pat!, theirs!, pat!.statement("extend", about, { args: { seconds: 60 } }));
    expect(notMine.code).toBe("error E_REQ_UNKNOWN");
    expect(await hospital.state(rid)).toBe("open");
  });

  it("a jti is used once: other bytes under it are refused", async () => {
    const jti = uuid7();
    const one = lee!.statement("report-agent", { agent: AGENT }, { jti, reason: { code: "suspected-agent-error" } });
    expect((await submit(lee!, mine!, one)).code).toBe("recorded");
    const other = lee!.statement("report-agent", { agent: AGENT }, { jti, reason: { code: "suspected-injection" } });
    expect((await submit(lee!, mine!, other)).code).toBe("error E_JTI_REUSE");
  });
});

describe("a supervisor", () => {
  it("pauses an agent: what waits is withdrawn, nothing new is taken; and resumes it", async () => {
    const flag = chief!.socket.received.find(({ type }) => type === "action.pending");
    expect(flag).toBeDefined();
    const paused = await submit(sam!, chief!, sam!.statement("pause-agent", { agent: AGENT }));
    expect(paused.code).toBe("recorded");
    const gone = await mine!.socket.next(
      (one) => one.type === "action.withdrawn" && setIn(lee!, one).members["reason"] === "agent-paused",
    );
    expect(gone).toBeDefined();
    await expect(hospital.raise(orderFor("evans-a"))).rejects.toThrow("E_AGENT_PAUSED");
    expect((await submit(sam!, chief!, sam!.statement("resume-agent", { agent: AGENT }))).code).toBe("recorded");
    const { rid } = await raised("evans-a");
    for (const kind of ["pause-type", "resume-type"]) {
      const { code } = await submit(
        sam!,
        chief!,
        sam!.statement(kind, { type: "urn:countersign:action:order.create" }),
      );
      expect(code).toBe("recorded");
    }
    expect((await submit(lee!, mine!, lee!.statement("flag-decision", { rid, rev: 1 }))).code).toBe("recorded");
    expect((await submit(sam!, chief!, sam!.statement("close-review", { rid, rev: 1 }))).code).toBe("recorded");
  });
});
