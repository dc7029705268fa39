import type { RequestClaims } from "../claims/request.ts";
import { isMembers } from "../json-pointer.ts";
import type { Inspected } from "./operation.ts";

/** Class of a text that can quarantine (approval-experience.md 3.1): action, record, a person's name in the record. */
export type CheckedClass = "A" | "R" | "N";

/** What a text holds that a person would not see: `token` as it is drawn, e.g. `[U+202E]`. */
export type FindHidden = (text: string, cls: CheckedClass) => readonly { readonly token: string }[];

export interface HiddenText {
  /** Where in the claims, with `#` before a place inside the body. */
  readonly at: string;
  readonly tokens: readonly string[];
}

const NAME_MEMBERS = new Set(["name", "family", "given", "prefix"]);

/**
 * C14: every string of the action and of the record, member names included. What the agent says freely (`rationale`,
 * `task`) is drawn with visible tokens and quarantines nothing.
 */
export function hiddenTexts(claims: RequestClaims, { body, before, after }: Inspected, find: FindHidden): HiddenText[] {
  const found: HiddenText[] = [];
  const look = (value: unknown, at: string, cls: CheckedClass): void => {
    if (typeof value === "string") {
      const tokens = find(value, cls).map((hit) => hit.token);
      if (tokens.length > 0) found.push({ at, tokens });
    } else if (Array.isArray(value)) {
      value.forEach((item: unknown, i) => look(item, `${at}/${i}`, cls));
    } else if (isMembers(value)) {
      for (const [name, member] of Object.entries(value)) {
        look(name, `${at}/${name}`, cls);
        look(member, `${at}/${name}`, cls);
      }
    }
  };
  const { op, ...action } = claims.action;
  const { body: bodyText, before: beforeText, ...operation } = op;
  look(action, "/action", "A");
  look(operation, "/action/op", "A");
  look(body ?? bodyText, "/action/op/body#", "A");
  // A patch's result holds the body's texts and the record's; only what neither held would be new, and there is none.
  look(before ?? beforeText, "/action/op/before#", "R");
  if (after !== body) look(after, "/action/op/after#", "A");
  look(claims.authorization_details, "/authorization_details", "A");
  for (const [name, member] of Object.entries(claims.patient ?? {})) {
    look(member, `/patient/${name}`, NAME_MEMBERS.has(name) ? "N" : "R");
  }
  look(claims.agent, "/agent", "R");
  look(claims.facts, "/facts", "R");
  look(claims.checks, "/checks", "R");
  look(claims.initiator, "/initiator", "R");
  look(claims.display, "/display", "R");
  return found;
}
