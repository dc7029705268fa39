import { describe, expect, it } from "vitest";

import { findHidden } from "#shared/presentation/text-hygiene.ts";
import type { Bundle } from "#shared/protocol/bundle.ts";
import { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";

import { requestWith } from "../fixture/case.ts";
import { decide } from "../fixture/decision.ts";
import { decodeStatusList, event, makeBundle, type Scene } from "../fixture/evidence.ts";
import { crypto, directory, makePerson, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";

const [lee, kim] = [makePerson("lee"), makePerson("kim", {}, "ES256")];
const request = signRequest(makeRequest());
const approval = decide(lee, request);
const verify = (bundle: unknown) => verifyBundle(bundle, directory.jwk, crypto, { findHidden, decodeStatusList });
const scene = (more: Partial<Scene> = {}): Scene => ({ people: [lee], request, decisions: [approval], ...more });

describe("the sweep: every character of a good bundle counts", () => {
  const full = (): Bundle =>
    makeBundle(
      scene({
        people: [lee, kim],
        decisions: [
          { ...decide(kim, request), at: T0 + 62 },
          { ...approval, at: T0 + 63 },
        ],
        events: [
          event("task-executing", request, { exec_id: "1" }, T0 + 72),
          event("task-completed", request, { uses: 1 }, T0 + 73),
        ],
      }),
    );

  /** Every string in a bundle with how to replace it. */
  function strings(
    value: unknown,
    path: readonly (string | number)[] = [],
  ): { path: readonly (string | number)[]; text: string }[] {
    if (typeof value === "string") return [{ path, text: value }];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, v]) => strings(v, [...path, name]));
  }
  function replaced(value: unknown, path: readonly (string | number)[], text: string): unknown {
    const [name, ...rest] = path;
    if (name === undefined) return text;
    if (Array.isArray(value))
      return value.map((v: unknown, i) => (String(i) === String(name) ? replaced(v, rest, text) : v));
    return isMembers(value) ? { ...value, [name]: replaced(value[name], rest, text) } : value;
  }
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  /** Another character of the same kind: the neighbour that differs in the lowest bit, where there is one. */
  const other = (c: string): string => {
    const at = ALPHABET.indexOf(c);
    return at < 0 ? (c === "x" ? "y" : "x") : (ALPHABET[at ^ 1] ?? "");
  };

  it("the bundle of the sweep is good", () => {
    expect(verify(full())).toMatchObject({ ok: true, outcome: "completed" });
  });

  it("no single changed character passes, the last of each base64url segment and the ends of each text included", () => {
    const bundle = full();
    const passed: string[] = [];
    let tried = 0;
    for (const { path, text } of strings(bundle)) {
      // All of a short text; of a long one its ends, the ends of its segments, and every 97th character.
      const marks = [...text.matchAll(/[.\n]/g)].flatMap((m) => [m.index - 1, m.index, m.index + 1]);
      const places = new Set([0, 1, text.length - 2, text.length - 1, ...marks]);
      for (let i = 0; i < text.length; i += text.length < 200 ? 1 : 97) places.add(i);
      for (const at of places) {
        if (at < 0 || at >= text.length) continue;
        tried++;
        const changed = text.slice(0, at) + other(text[at] ?? "") + text.slice(at + 1);
        if (verify(replaced(bundle, path, changed)).ok) passed.push(`${path.join("/")} ${String(at)}`);
      }
    }
    expect(passed).toEqual([]);
    expect(tried).toBeGreaterThan(500);
  }, 120_000);

  it("no missing, doubled or added end of a signed text passes", () => {
    const bundle = full();
    const passed: string[] = [];
    for (const { path, text } of strings(bundle)) {
      for (const changed of [text.slice(0, -1), `${text}A`, `${text}=`, `${text} `, `${text}\n`]) {
        if (verify(replaced(bundle, path, changed)).ok)
          passed.push(`${path.join("/")} ${JSON.stringify(changed.slice(-3))}`);
      }
    }
    expect(passed).toEqual([]);
  }, 120_000);

  it("the second form of an ES256 signature says the same, and changes nothing that is evidence", () => {
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const asked = requestWith({});
    const bundle = makeBundle(scene({ people: [kim], request: asked, decisions: [decide(kim, asked)] }));
    const [jws = ""] = bundle.decisions;
    const [h, p, s = ""] = jws.split(".");
    const bytes = Buffer.from(s, "base64url");
    const twin = (n - BigInt(`0x${bytes.subarray(32).toString("hex")}`)).toString(16).padStart(64, "0");
    const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(twin, "hex")]).toString("base64url");
    const verdict = verify({ ...bundle, decisions: [`${h ?? ""}.${p ?? ""}.${other}`] });
    expect(other).not.toBe(s);
    expect(verdict).toMatchObject({ ok: true, outcome: "approved" });
  });
});
