import type { z } from "zod";

import { RISKS, type RequestClaims, type Risk } from "#shared/protocol/claims/request.ts";
import { ACR, NAMESPACE } from "#shared/protocol/names.ts";
import { RISK_REASONS, type RiskReason } from "#shared/protocol/registry.ts";

import { friction, type Friction } from "../friction.ts";

type Reversible = RequestClaims["action"]["reversible"];
export type OwnFriction = { readonly [M in keyof Friction]?: Friction[M] };

/** What a satisfied policy means, from its effect and annotations (docs/operations.md, "Policy"). */
export type Obligation =
  | { readonly verdict: "refuse" }
  | { readonly verdict: "allow" }
  | ({ readonly verdict: "raise"; readonly pools?: readonly string[] } & Asking)
  | ({
      readonly verdict: "ask" | "otherwise";
      readonly pools: readonly string[];
      readonly reversible: Reversible;
      readonly template: string;
    } & Asking);

interface Asking {
  readonly tier: Risk;
  readonly reasons: readonly RiskReason[];
  /** A decision counts only from somebody with one of these. */
  readonly roles?: readonly string[];
  readonly friction: OwnFriction;
}

const VERDICTS = ["allow", "ask", "otherwise", "raise"] as const;
const REVERSIBLE = ["read-only", "reversible", "externally-reversible", "until-dispensed", "irreversible"] as const;
const FRICTION = Object.keys(friction.shape).filter((name): name is keyof Friction =>
  Object.hasOwn(friction.shape, name),
);
const OF_ALL = ["id", "says"];
const OF_ASKS = ["verdict", "tier", "pools", "roles", "reversible", "template", "reasons", ...FRICTION];

/** An annotation that cannot be used. `name` is the one it is about. */
export class AnnotationFault extends Error {
  readonly annotation: string | undefined;
  readonly todo: string | undefined;
  constructor(annotation: string | undefined, what: string, todo?: string) {
    super(what);
    this.annotation = annotation;
    this.todo = todo;
  }
}

/** @throws AnnotationFault */
export function obligationOf(effect: "permit" | "forbid", said: Readonly<Record<string, string>>): Obligation {
  const known = effect === "forbid" ? OF_ALL : [...OF_ALL, ...OF_ASKS];
  const stranger = Object.keys(said).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const why = effect === "forbid" && OF_ASKS.includes(stranger) ? "A forbid takes none of them." : "";
    throw new AnnotationFault(
      stranger,
      `@${stranger} is not an annotation of a ${effect}. ${why}`.trim(),
      `There are: ${listed(known)}.`,
    );
  }
  const says = said["says"] ?? "";
  if (says === "" || says.length > 300) {
    throw new AnnotationFault(
      says === "" ? undefined : "says",
      "The policy does not say in 1 to 300 characters what it is for.",
      'Add @says("…"): people read it.',
    );
  }
  if (effect === "forbid") return { verdict: "refuse" };
  const verdict = oneOf("verdict", said["verdict"], VERDICTS);
  if (verdict === "allow") {
    const more = OF_ASKS.find((name) => name !== "verdict" && said[name] !== undefined);
    if (more !== undefined)
      throw new AnnotationFault(more, `A policy that allows asks nobody, so @${more} means nothing.`, "Remove it.");
    return { verdict };
  }
  const asking: Asking = {
    tier: oneOf("tier", said["tier"], RISKS),
    reasons: words(said["reasons"] ?? "").map((reason) => oneOf("reasons", reason, REASONS)),
    ...(said["roles"] === undefined ? {} : { roles: namesOf("roles", said["roles"]) }),
    friction: frictionOf(said),
  };
  const pools = said["pools"] === undefined ? undefined : namesOf("pools", said["pools"]);
  if (verdict === "raise") {
    const more = ["reversible", "template"].find((name) => said[name] !== undefined);
    if (more !== undefined)
      throw new AnnotationFault(
        more,
        `@${more} belongs to a policy that asks; one that raises only adds.`,
        "Remove it.",
      );
    return { verdict, ...asking, ...(pools === undefined ? {} : { pools }) };
  }
  if (pools === undefined)
    throw new AnnotationFault(undefined, "The policy asks, and names nobody to ask.", 'Add @pools("…").');
  const template = said["template"];
  if (template === undefined)
    throw new AnnotationFault(
      undefined,
      "The policy asks, and names no template to draw the request with.",
      'Add @template("…").',
    );
  return { verdict, ...asking, pools, reversible: oneOf("reversible", said["reversible"], REVERSIBLE), template };
}

const REASONS = Object.keys(RISK_REASONS).filter((name): name is RiskReason => Object.hasOwn(RISK_REASONS, name));

function oneOf<const T extends string>(name: string, given: string | undefined, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  const what =
    given === undefined ? `The policy has no @${name}.` : `@${name} is "${given}", which is none of its values.`;
  throw new AnnotationFault(given === undefined ? undefined : name, what, `Choose one of: ${listed(choices)}.`);
}

const words = (text: string): readonly string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

function namesOf(name: string, text: string): readonly string[] {
  const names = words(text);
  const bad = names.find((one) => one.length > 64);
  if (names.length === 0 || names.length > 16 || bad !== undefined) {
    throw new AnnotationFault(name, `@${name} holds 1 to 16 names of at most 64 characters, with commas between them.`);
  }
  return names;
}

/** Friction beside that of the tier: whole numbers, `true`, or words with commas between them. */
function frictionOf(said: Readonly<Record<string, string>>): OwnFriction {
  const own: Record<string, unknown> = {};
  for (const name of FRICTION) {
    const text = said[name];
    if (text === undefined) continue;
    own[name] = valueOf(name, text);
  }
  const parsed = friction.partial().safeParse(own);
  if (!parsed.success) throw wrongFriction(parsed.error);
  // What is absent is absent: a member that is undefined would count as said.
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
}

function valueOf(name: keyof Friction, text: string): unknown {
  if (name === "acr") return ACR.find((acr) => acr === text || acr === `${NAMESPACE}acr:${text}`) ?? text;
  if (["reentry", "reason_on", "key_storage"].includes(name)) return words(text);
  if (["blind", "ordered"].includes(name)) return text === "true" ? true : text;
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function wrongFriction(error: z.ZodError): AnnotationFault {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? "");
  return new AnnotationFault(name, `@${name} cannot be used: ${issue?.message ?? "wrong"}.`);
}

const listed = (names: readonly string[]): string => names.join(", ");
