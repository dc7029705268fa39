import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { enrolmentWords } from "#shared/protocol/check-words.ts";
import { TYP } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { codeMac, codeText, dirMac } from "../../../gateway/directory/code.ts";
import { initDirectory, openAuthority, openDirectory } from "../../../gateway/directory/directory.ts";
import { ADMIN, SECOND, crypto, makeDevice, type Device, type ProofInput } from "../device.ts";
import { makeManualClock } from "../manual-clock.ts";

const ISS = "https://directory.example";
const SUB = `${ISS}/approvers/lee`;
const root = mkdtempSync(join(tmpdir(), "cs-dir-"));
const closers: (() => void)[] = [];
let n = 0;

afterAll(() => {
  for (const close of closers) close();
  rmSync(root, { recursive: true, force: true });
});

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  return "no error";
};

/** A directory with one person and a ticket; the counter is opened apart from the root key, as a gateway does. */
function makeTicket(env: "production" | "demo" = "production") {
  const folder = join(root, String(n++));
  initDirectory(folder, { iss: ISS, env });
  const clock = makeManualClock();
  const authority = openAuthority(folder, { clock });
  const directory = openDirectory(folder, { clock });
  closers.push(
    () => authority.close(),
    () => directory.close(),
  );
  authority.putApprover({ sub: SUB, name: "Dr Lee", reg_no: "SYN-1", pools: ["cardiology"], roles: ["attending"] });
  const { ticket, code: secret } = authority.issueTicket({ sub: SUB, by: ADMIN, ws_endpoint: "ws://127.0.0.1:1/" });
  const { nonce } = directory.desk.begin(ticket.ticket_id);
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const complete = (device: Device, more: Partial<ProofInput> = {}) =>
    directory.desk.complete(ticket.ticket_id, device.proof({ aud: ISS, nonce, now: now(), code: secret, ...more }));
  return { authority, directory, clock, ticket, secret, nonce, complete, now };
}

describe("code", () => {
  it("is 80 bits in 16 Crockford characters and forgives how people write it", () => {
    expect(codeText(new Uint8Array(10))).toBe("0000-0000-0000-0000");
    expect(codeText(new Uint8Array(10).fill(255))).toBe("ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    expect(codeText(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 33))).toBe("0000-0000-0000-0011");
    const bound = { nonce: "n", kid: "k" };
    expect(codeMac(crypto, "oil1-abcd", bound)).toBe(codeMac(crypto, " 0111 ABCD", bound));
  });
});

describe("enrolment", () => {
  it("goes from ticket to a credential that the directory's key signed, with two people named", () => {
    const { authority, directory, ticket, nonce, secret, complete } = makeTicket();
    const device = makeDevice();
    expect(complete(device)).toMatchObject({ kind: "pending" });
    const [pending] = authority.pending();
    const bound = { nonce, kid: device.signer.kid, directoryKid: directory.kid };
    expect(pending).toMatchObject({ ticket_id: ticket.ticket_id, name: "Dr Lee", device: "Ward 3 PC" });
    expect(pending?.words).toEqual(enrolmentWords(crypto, bound));
    const cred = authority.confirm(ticket.ticket_id, SECOND);
    const rootKey = crypto.importKey(directory.jwk as never);
    const { claims } = verifyJws(crypto, "approver", cred, (kid) => (kid === rootKey.kid ? rootKey : undefined));
    expect(claims).toMatchObject({
      iss: ISS,
      sub: SUB,
      name: "Dr Lee",
      reg_no: "SYN-1",
      pools: ["cardiology"],
      key_storage: "os",
    });
    expect(claims.enrolled_by).toEqual([ADMIN, SECOND]);
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(180 * 24 * 3600);
    expect(crypto.importKey(claims.cnf.jwk).kid).toBe(device.signer.kid);
    expect(directory.desk.state(ticket.ticket_id)).toEqual({
      kind: "done",
      cred,
      directory: directory.jwk,
      dir_mac: dirMac(crypto, secret, bound),
    });
  });

  it("keeps nonce and answer for the bound key and spends no try on it", () => {
    const { authority, directory, ticket, nonce, complete } = makeTicket();
    const device = makeDevice();
    complete(device);
    expect(directory.desk.begin(ticket.ticket_id).nonce).toBe(nonce);
    // Even a wrong code: the key is what counts now.
    expect(complete(device, { code: "WRONG" })).toMatchObject({ kind: "pending" });
    authority.confirm(ticket.ticket_id, SECOND);
    expect(complete(device)).toMatchObject({ kind: "done" });
  });

  it("refuses another key on a bound ticket", () => {
    const { complete } = makeTicket();
    complete(makeDevice());
    expect(code(() => complete(makeDevice()))).toBe("E_ENROL_TICKET");
  });

  it("counts wrong codes down to the ticket's death, and nothing else", () => {
    const { directory, ticket, complete, now } = makeTicket();
    const device = makeDevice();
    const faults: Partial<ProofInput>[] = [
      { aud: "https://other.example" },
      { nonce: "AAAAAAAAAAAAAAAAAAAAAAAA" },
      { jwk: false },
      { over: { iss: "urn:jkt:someone" } },
      { over: { exp: now() + 200 } },
      { now: now() - 500 },
      { now: now() + 500 },
      { over: { device: undefined } },
      { over: { device: { name: "x", os: "x", app: "x", key_storage: "software" } } },
      { over: { webauthn: { cid: "x", rp_id: "x" } } },
    ];
    for (const fault of faults)
      expect(
        code(() => complete(device, fault)),
        JSON.stringify(fault),
      ).toBe("E_AUTH_PROOF");
    const tries = [1, 2, 3, 4, 5].map(() => complete(device, { code: "AAAA-AAAA-AAAA-AAAA" }));
    expect(tries.map((state) => (state.kind === "wrong_code" ? state.tries_left : state.kind))).toEqual([
      4, 3, 2, 1, 0,
    ]);
    expect(code(() => complete(device))).toBe("E_ENROL_TICKET");
    expect(code(() => directory.desk.begin(ticket.ticket_id))).toBe("E_ENROL_TICKET");
  });

  it("refuses a weak key by its name", () => {
    const { directory, ticket, nonce, now } = makeTicket();
    const weak = { kty: "OKP", crv: "Ed25519", x: Buffer.alloc(32).toString("base64url"), alg: "Ed25519" } as const;
    const device = makeDevice("Ed25519");
    const claims = { ver: 1, iss: "urn:jkt:x", aud: ISS, iat: now(), exp: now() + 60, jti: "j", nonce };
    const proof = device.signer.sign(TYP.enrol, claims, { jwk: weak });
    expect(code(() => directory.desk.complete(ticket.ticket_id, proof))).toBe("E_KEY_WEAK");
  });

  it("ends with the ticket's quarter of an hour", () => {
    const { authority, directory, clock, ticket, complete } = makeTicket();
    const device = makeDevice();
    complete(device);
    clock.advance(15 * 60_000);
    expect(directory.desk.state(ticket.ticket_id)).toEqual({ kind: "expired" });
    expect(code(() => directory.desk.begin(ticket.ticket_id))).toBe("E_ENROL_EXPIRED");
    expect(code(() => authority.confirm(ticket.ticket_id, SECOND))).toBe("E_ENROL_EXPIRED");
    expect(authority.pending()).toEqual([]);
  });

  it("needs a second person: not the issuer, not the one enrolled", () => {
    const { authority, ticket, complete } = makeTicket();
    complete(makeDevice());
    expect(code(() => authority.confirm(ticket.ticket_id, ADMIN))).toBe("E_FORBIDDEN");
    expect(code(() => authority.confirm(ticket.ticket_id, SUB))).toBe("E_FORBIDDEN");
    expect(code(() => authority.confirm(ticket.ticket_id, SECOND))).toBe("no error");
    expect(code(() => authority.confirm(ticket.ticket_id, SECOND))).toBe("E_ENROL_TICKET");
  });

  it("tells a rejected person so", () => {
    const { authority, directory, ticket, complete } = makeTicket();
    complete(makeDevice());
    authority.reject(ticket.ticket_id, SECOND);
    expect(directory.desk.state(ticket.ticket_id)).toEqual({ kind: "rejected" });
  });

  it("does not enrol one key twice", () => {
    const first = makeTicket();
    const device = makeDevice();
    first.complete(device);
    first.authority.confirm(first.ticket.ticket_id, SECOND);
    const { ticket, code: secret } = first.authority.issueTicket({ sub: SUB, by: ADMIN, ws_endpoint: "ws://x/" });
    const { nonce } = first.directory.desk.begin(ticket.ticket_id);
    const proof = device.proof({ aud: ISS, nonce, now: first.now(), code: secret });
    expect(code(() => first.directory.desk.complete(ticket.ticket_id, proof))).toBe("E_AUTH_PROOF");
  });

  it("says nothing about a ticket that does not exist", () => {
    const { directory } = makeTicket();
    expect(code(() => directory.desk.begin("t-nothing"))).toBe("E_ENROL_TICKET");
    expect(code(() => directory.desk.complete("t-nothing", "x"))).toBe("E_ENROL_TICKET");
  });
});

describe("rotation and self-revocation", () => {
  function enrolled() {
    const made = makeTicket();
    const old = makeDevice();
    made.complete(old);
    made.authority.confirm(made.ticket.ticket_id, SECOND);
    made.directory.view.refresh();
    const nonce = "Y29ubmVjdGlvbi1ub25jZS0wMQ";
    const rotate = (fresh: Device, over: Record<string, unknown> = { new_kid: fresh.signer.kid }, by: Device = old) =>
      made.directory.keyDesk.rotate({
        proof: fresh.proof({ aud: ISS, nonce, now: made.now() }),
        prevProof: by.proof({ aud: ISS, nonce, now: made.now(), jwk: false, over }),
        nonce,
      });
    return { ...made, old, rotate, nonce };
  }

  it("gives the person a new key that the old one named, and a day of overlap", () => {
    const { authority, directory, old, rotate, now } = enrolled();
    const fresh = makeDevice();
    const { ticketId, state } = rotate(fresh);
    expect(state.kind).toBe("pending");
    expect(authority.pending()).toEqual([]);
    expect(authority.signRotations()).toBe(1);
    expect(directory.keyDesk.state(ticketId)).toMatchObject({ kind: "done", dir_mac: "" });
    directory.view.refresh();
    expect(directory.view.key(fresh.signer.kid)).toMatchObject({ status: "active", claims: { sub: SUB } });
    expect(directory.view.key(old.signer.kid)?.exp).toBe(now() + 24 * 3600);
  });

  it("hands a signed key out after the old one's day is over: a computer that was off is not left without any", () => {
    const { authority, rotate, clock } = enrolled();
    const fresh = makeDevice();
    rotate(fresh);
    authority.signRotations();
    clock.advance(25 * 3600 * 1000);
    expect(rotate(fresh).state.kind).toBe("done");
    expect(code(() => rotate(makeDevice()))).toBe("E_KEY_VALIDITY");
  });

  it("never signs for a key whose owner was told that the time ran out", () => {
    const { authority, rotate, clock } = enrolled();
    const fresh = makeDevice();
    rotate(fresh);
    clock.advance(24 * 3600 * 1000);
    expect(rotate(fresh).state.kind).toBe("expired");
    expect(authority.signRotations()).toBe(0);
    expect(rotate(makeDevice()).state.kind).toBe("pending");
    expect(authority.signRotations()).toBe(1);
  });

  it("gives one key one successor: what else it named is refused, before and after the signing", () => {
    const { authority, directory, rotate } = enrolled();
    const [first, second] = [makeDevice(), makeDevice()];
    rotate(first);
    const { ticketId } = rotate(second);
    expect(authority.signRotations()).toBe(1);
    expect(directory.keyDesk.state(ticketId)).toEqual({ kind: "rejected" });
    expect(code(() => rotate(makeDevice()))).toBe("E_ENROL_REJECTED");
    expect(rotate(first).state.kind).toBe("done");
  });

  it("does not give one key's replacement to another key of whoever asks", () => {
    const { authority, rotate, ...made } = enrolled();
    const [fresh, other] = [makeDevice(), makeDevice()];
    rotate(fresh);
    rotate(other);
    authority.signRotations();
    made.directory.view.refresh();
    expect(code(() => rotate(fresh, { new_kid: fresh.signer.kid }, other))).toBe("E_AUTH_PROOF");
  });

  it.each([
    ["the old key named another", { new_kid: "A".repeat(43) }],
    ["the old key named none", {}],
  ])("refuses when %s", (_, over) => {
    const { rotate } = enrolled();
    expect(code(() => rotate(makeDevice(), over))).toBe("E_AUTH_PROOF");
  });

  it("refuses a stranger's word and a stopped key's", () => {
    const { authority, old, rotate } = enrolled();
    const [fresh, stranger] = [makeDevice(), makeDevice()];
    expect(code(() => rotate(fresh, { new_kid: fresh.signer.kid }, stranger))).toBe("E_AUTH_PROOF");
    authority.stop({ kid: old.signer.kid }, "suspended", "lost badge");
    expect(code(() => rotate(fresh))).toBe("E_KEY_SUSPENDED");
  });

  it("lets a key ask for its own end and for no other's", () => {
    const { directory, old, nonce, now } = enrolled();
    const ask = (revoke: string) =>
      directory.keyDesk.revoking({
        proof: old.proof({ aud: ISS, nonce, now: now(), jwk: false, over: { revoke } }),
        nonce,
      });
    expect(ask(old.signer.kid).kid).toBe(old.signer.kid);
    expect(code(() => ask("A".repeat(43)))).toBe("E_AUTH_PROOF");
  });
});
