import { expect } from "vitest";

import { honest } from "../blackbox/decision.ts";
import type { Members } from "../blackbox/signed.ts";
import { refusals, type Attacker, type Besieged } from "./besieged.ts";

export const TYP = "countersign-decision+jwt";
/** What came back: the code of an error, or `rejected CODE` or `recorded` of a receipt. */
export async function said({ person, socket }: Attacker, jws: string): Promise<string> {
  const { answer: got, receipt } = await person.submit(socket, jws);
  if (receipt === undefined) return String(got.body["code"]);
  return [receipt.result, receipt.code, got.body["duplicate"] === true ? "duplicate" : undefined]
    .filter(Boolean)
    .join(" ");
}
export const parts = (jws: string): [string, string, string] => jws.split(".") as [string, string, string];
export const approve = ({ person, jws }: Attacker, claims: Members = {}, header: Members = {}): string =>
  person.decide(jws, "approve", { claims, header });
export const text = ({ person, jws }: Attacker): string => JSON.stringify(honest(person, jws, "approve"));

/** Each text gets this code in a session, and one code from the same gateway for whoever has none. */
export async function refused(
  target: Besieged,
  attacker: Attacker,
  cases: Readonly<Record<string, readonly [string, string]>>,
): Promise<void> {
  const before = await target.figures();
  const got: Record<string, string> = {};
  for (const [name, [, jws]] of Object.entries(cases)) got[name] = await said(attacker, jws);
  expect(got).toEqual(Object.fromEntries(Object.entries(cases).map(([name, [code]]) => [name, code])));
  const after = await target.figures();
  for (const code of new Set(Object.values(got))) {
    const times = Object.values(got).filter((one) => one === code).length;
    const figure = refusals("feed", code);
    expect([figure, (after.get(figure) ?? 0) - (before.get(figure) ?? 0)]).toEqual([figure, times]);
  }
  const toNobody = new Set<string>();
  for (const [, jws] of Object.values(cases)) toNobody.add(await target.post(jws));
  expect([...toNobody]).toEqual(["400 E_SIG_BAD"]);
}
