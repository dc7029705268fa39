import { formatInstant } from "../clinical/date.ts";
import type { Row, Section } from "../presentation.ts";
import { CHAIN_WORDS, SECTION_WORDS } from "../words.ts";
import type { Draft, RowInput } from "./draft.ts";
import { otherMembers } from "./other-members.ts";

/** Who asks, who started it, how often it was asked, and what became of the task's earlier steps. Registry values only. */
export function chainSection(draft: Draft): Section {
  const { agent, initiator, history, task } = draft.claims;
  const rows: Row[] = [];
  const put = (id: string, label: string, text: string | undefined, more: Partial<RowInput> = {}) => {
    if (text !== undefined && text !== "")
      rows.push(draft.row({ id: `chain/${id}`, prov: "R", label, text, binding: true, ...more }));
  };
  put("agent", CHAIN_WORDS.agent, agent.name, { pointer: "/agent" });
  put("model", CHAIN_WORDS.model, agent.model, { pointer: "/agent/model" });
  put("owner", CHAIN_WORDS.owner, agent.owner, { pointer: "/agent/owner" });
  put("sub", CHAIN_WORDS.sub, agent.sub, { pointer: "/agent/sub" });
  put("jkt", CHAIN_WORDS.key, agent.jkt, { pointer: "/agent/jkt", must_see: false });
  put("x5t", CHAIN_WORDS.certificate, agent.x5t, { pointer: "/agent/x5t", must_see: false });
  put("obo", CHAIN_WORDS.obo, agent.obo, { pointer: "/agent/obo" });
  for (const [i, actor] of (agent.act ?? []).entries())
    put(`act/${String(i)}`, CHAIN_WORDS.through, actor.sub, { pointer: "/agent/act" });
  const started = initiator === undefined ? CHAIN_WORDS.notStated : CHAIN_WORDS.started[initiator.kind];
  put("initiator", CHAIN_WORDS.startedBy, started, { pointer: "/initiator", ...(initiator ? {} : { prov: "K" }) });
  put("person", CHAIN_WORDS.person, initiator?.person, { pointer: "/initiator/person" });
  if (history && history.asked > 1) {
    const last = history.last_denied_at;
    const when =
      last === undefined ? "" : ` ${CHAIN_WORDS.lastDenied(formatInstant(last, draft.options.facilityZone))}`;
    const denied = history.denied > 0 ? ({ alert: { level: "warning", text: CHAIN_WORDS.deniedBefore } } as const) : {};
    put("history", CHAIN_WORDS.before, `${CHAIN_WORDS.asked(history.asked, history.denied)}${when}`, {
      pointer: "/history",
      ...denied,
    });
  }
  put("step", CHAIN_WORDS.step, CHAIN_WORDS.stepOf(task.idx, task.of), { prov: "K", pointer: "/task/idx" });
  for (const [i, { out }] of (task.prev ?? []).entries()) {
    const word = Object.hasOwn(CHAIN_WORDS.outcomes, out) ? CHAIN_WORDS.outcomes[out] : undefined;
    put(`prev/${String(i)}`, CHAIN_WORDS.earlier(i + 1), word ?? CHAIN_WORDS.unknownOutcome, {
      prov: "K",
      pointer: `/task/prev/${String(i)}`,
    });
  }
  return {
    id: "chain",
    title: SECTION_WORDS.chain,
    prov: "R",
    rows: [
      ...rows,
      ...otherMembers(draft, agent, "/agent", "chain/agent", "R", "sub name model jkt x5t obo owner act".split(" ")),
      ...otherMembers(draft, initiator ?? {}, "/initiator", "chain/initiator", "R", ["kind", "person"]),
    ],
  };
}
