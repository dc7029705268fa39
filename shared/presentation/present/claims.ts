import { childPointer, compactText } from "../fhir-node.ts";
import type { Row, Section } from "../presentation.ts";
import { CHAIN_WORDS, CLAIM_WORDS, SECTION_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";
import { asFhir, otherMembers } from "./other-members.ts";

/** An origin code is typed by the person; no text of the agent and no raw view may show it (3.4(5), section 4). */
export function maskOriginCode(text: string, claims: Draft["claims"]): string {
  const code = claims.binding_message;
  const asked = claims.policy.reentry?.includes("origin-code") === true;
  if (code === undefined || !asked) return text;
  return text.replace(new RegExp(code.replaceAll("-", "-?"), "giu"), CLAIM_WORDS.masked);
}

/** Everything the agent says freely, last, and only here (3.2). Nothing of it has to be seen. */
export function claimsSection(draft: Draft): Section {
  const { rationale, task, action } = draft.claims;
  const rows: Row[] = [];
  const put = (id: string, label: string, text: string | undefined, pointer: string) => {
    if (text === undefined || text === "") return;
    const masked = maskOriginCode(text, draft.claims);
    rows.push(draft.row({ id: `claims/${id}`, prov: "C", label, text: masked, pointer, must_see: false }));
  };
  if (rationale) {
    put("rationale", CLAIM_WORDS.rationale, rationale.text, "/rationale/text");
    rows.push(
      draft.row({
        id: "claims/trigger",
        prov: "K",
        label: CLAIM_WORDS.trigger,
        text: CLAIM_WORDS.triggers[rationale.trigger],
        pointer: "/rationale/trigger",
        must_see: false,
      }),
    );
    put("rule", CLAIM_WORDS.rule, rationale.rule, "/rationale/rule");
    for (const [i, ref] of (rationale.refs ?? []).entries())
      put(
        `refs/${String(i)}`,
        CLAIM_WORDS.reference,
        typeof ref === "string" ? ref : compactText(asFhir(ref)),
        "/rationale/refs",
      );
  }
  put("goal", CLAIM_WORDS.goal, task.goal, "/task/goal");
  for (const [i, step] of (task.prev ?? []).entries()) {
    if (!Object.hasOwn(CHAIN_WORDS.outcomes, step.out))
      put(`prev/${String(i)}/out`, CLAIM_WORDS.earlierOutcome(i + 1), step.out, `/task/prev/${String(i)}/out`);
    put(`prev/${String(i)}`, CLAIM_WORDS.earlierTitle(i + 1), step.title, `/task/prev/${String(i)}/title`);
  }
  put("next", CLAIM_WORDS.next, task.next_hint, "/task/next_hint");
  for (const [i, { title }] of (action.attachments ?? []).entries())
    put(
      `attachments/${String(i)}`,
      CLAIM_WORDS.attachment(i + 1),
      title,
      childPointer("/action/attachments", String(i)),
    );
  return {
    id: "claims",
    title: SECTION_WORDS.claims,
    prov: "C",
    rows: [
      ...rows,
      ...otherMembers(
        draft,
        rationale ?? {},
        "/rationale",
        "claims/rationale",
        "C",
        "src trust trigger rule text refs".split(" "),
        false,
      ),
      ...otherMembers(draft, task, "/task", "claims/task", "C", "id idx of goal prev next_hint".split(" "), false),
    ],
  };
}
