import dgram from "node:dgram";
import dns from "node:dns";
import http from "node:http";
import net from "node:net";

import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { TYP } from "#shared/protocol/names.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { makeDecision } from "../shared/protocol/fixture/decision.ts";
import { makePerson, makeRequest, signRequest } from "../shared/protocol/fixture/hospital.ts";
import { makeDice } from "./mutate.ts";
import { GOOD, TARGETS } from "./targets.ts";

/** Foreign input names addresses in many places. None of them is ever looked up or called while it is judged (T-10). */

const ADDRESS = "http://tell-me.example:9/who-asks";
const reached: string[] = [];

beforeAll(() => {
  const seen = (what: string) => (): never => {
    reached.push(what);
    throw new Error(`${what} was called`);
  };
  vi.spyOn(net.Socket.prototype, "connect").mockImplementation(seen("connect"));
  vi.spyOn(dgram.Socket.prototype, "send").mockImplementation(seen("send"));
  vi.spyOn(http, "request").mockImplementation(seen("request"));
  for (const name of ["lookup", "resolve", "resolve4", "resolve6", "resolveAny"] as const) {
    vi.spyOn(dns, name).mockImplementation(seen(name));
    vi.spyOn(dns.promises, name).mockImplementation(seen(`promises.${name}`));
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

const quietly = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
  }
};

it("the watch sees a call that is made", async () => {
  await expect(fetch("http://127.0.0.1:9/")).rejects.toThrow();
  expect(() => net.connect(9, "127.0.0.1")).toThrow("connect was called");
  expect(reached.splice(0)).not.toEqual([]);
});

/** Every text of a value replaced by an address, one at a time. */
function* withAddress(value: unknown): Generator {
  if (typeof value === "string") yield ADDRESS;
  else if (Array.isArray(value))
    for (const [i, one] of value.entries()) for (const other of withAddress(one)) yield value.with(i, other);
  else if (typeof value === "object" && value !== null)
    for (const [name, one] of Object.entries(value))
      for (const other of withAddress(one)) yield { ...value, [name]: other };
}

it("a JWS header's addresses of keys and certificates are refused unread", () => {
  const lee = makePerson("lee");
  const payload = JSON.stringify(makeDecision(lee, signRequest(makeRequest())));
  for (const member of ["jku", "x5u", "kid", "b64", "crit", "url", "iss"]) {
    for (const value of [ADDRESS, [ADDRESS]]) {
      const header = { alg: lee.signer.alg, typ: TYP.decision, kid: lee.signer.kid, [member]: value };
      const input = [JSON.stringify(header), payload].map((text) => encodeBase64url(encodeUtf8(text))).join(".");
      const jws = `${input}.${encodeBase64url(new Uint8Array(64))}`;
      for (const { name, run } of TARGETS) if (name === "gate") run(jws, quietly);
    }
  }
  expect(reached).toEqual([]);
});

it("an address in the place of any text of a decision, a request or an operation is data", () => {
  let inputs = 0;
  for (const { name, run } of TARGETS) {
    for (const value of withAddress(GOOD[name])) {
      run(JSON.stringify(value), quietly);
      inputs++;
    }
  }
  expect(inputs).toBeGreaterThan(100);
  expect(reached).toEqual([]);
});

it("no mutated input reaches out, whatever reads it", () => {
  const dice = makeDice(7);
  for (const { first = [], make, run } of TARGETS) {
    for (const input of [...first, ...Array.from({ length: 40 }, () => make(dice))]) run(input, quietly);
  }
  expect(reached).toEqual([]);
});
