import type { PolicyClaim } from "#shared/protocol/claims/request.ts";
import { reportPages } from "#shared/reports/page.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import { ReportError } from "#shared/reports/query.ts";

import type { PolicyPort } from "../../../gateway/ports.ts";
import { decide, raised } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, type Person, type World } from "../world.ts";

export const PURPOSE = { code: "HQUALIMP" } as const;

/** People of two units and of every role. `none`: nobody's role, and no decision either. */
export const ROLES = [
  "none",
  "approver",
  "supervisor",
  "reviewer",
  "auditor",
  "elsewhere",
  "elsewhereSupervisor",
] as const;
export type Role = (typeof ROLES)[number];

export interface Ward {
  readonly world: World;
  readonly people: Readonly<Record<Role | "second", Person>>;
  /** Cardiology: approved by `approver` with a reading time; denied by `approver` in words; open, blind, approved by `second`. */
  readonly approved: string;
  readonly denied: string;
  readonly blind: string;
  /** Requests of the other unit. */
  readonly other: string;
  /** A request under a policy of its own, a second after the last. */
  raise(over?: Partial<PolicyClaim>): Promise<string>;
}

export async function makeWard(): Promise<Ward> {
  let policy: PolicyPort = askPolicy();
  const world = makeWorld({ policy: { evaluate: (input) => policy.evaluate(input) } });
  const raise = async (over: Partial<PolicyClaim> = {}): Promise<string> => {
    policy = askPolicy(over);
    world.clock.advance(1000);
    return await raised(world, makeDraft());
  };
  const people = {
    none: world.person("none"),
    approver: world.person("approver"),
    second: world.person("other-approver"),
    supervisor: world.person("supervisor", { roles: ["supervisor"] }),
    reviewer: world.person("reviewer", { roles: ["reviewer"] }),
    auditor: world.person("auditor", { pools: [], roles: ["auditor"] }),
    elsewhere: world.person("elsewhere", { pools: ["oncology"] }),
    elsewhereSupervisor: world.person("elsewhere-supervisor", { pools: ["oncology"], roles: ["supervisor"] }),
  };
  const approved = await raise();
  decide(world, people.approver, approved, "approve");
  const denied = await raise();
  decide(world, people.approver, denied, "deny", { reason: { code: "other", text: "her sister has the same name" } });
  const other = await raise({ pools: ["oncology"] });
  decide(world, people.elsewhere, other, "deny");
  const blind = await raise({ quorum: { need: 2, blind: true } });
  decide(world, people.second, blind, "approve");
  world.clock.advance(1000);
  return { world, people, approved, denied, blind, other, raise };
}

/** The page, checked against its schema. @throws what the gateway threw */
export function ask<N extends keyof typeof reportPages>(
  { world }: Pick<Ward, "world">,
  person: Person,
  name: N,
  more: Readonly<Record<string, unknown>> = {},
): ReportPageOf<N> {
  const page = world.core.report(person.session, { name, purpose: PURPOSE, ...more });
  // The schema of this name is that of the page of this name.
  return reportPages[name].parse(JSON.parse(JSON.stringify(page))) as unknown as ReportPageOf<N>;
}

/** The code of what `act` throws, with the place, or "answered". */
export function refusal(act: () => unknown): string {
  try {
    act();
    return "answered";
  } catch (error) {
    if (error instanceof ReportError) return [error.code, error.fault.pointer].filter((x) => x !== undefined).join(" ");
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** Reasons in words of every signed text that is anywhere in it. */
export function wordsIn(value: unknown): string[] {
  const signed = JSON.stringify(value).matchAll(/"eyJ[\w-]+\.([\w-]+)\.[\w-]+"/g);
  return [...signed].flatMap(([, payload = ""]) => {
    const { reason } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { reason?: { text?: string } };
    return reason?.text ?? [];
  });
}
