import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { NOTE_TIDY, TIER_3, makeClaims } from "../claims.ts";

interface ToolCall {
  readonly n: number;
  readonly tool: string;
  readonly arguments: unknown;
  readonly patients: number;
  readonly rationale: string;
  readonly goal: string;
  readonly more?: Partial<RequestClaims>;
}

/** An action without a view of its own (S4d). */
export function toolCall(call: ToolCall): RequestClaims {
  return makeClaims({
    n: call.n,
    agent: NOTE_TIDY,
    action: {
      type: "urn:countersign:action:tool.call",
      risk: "critical",
      reversible: "reversible",
      risk_reasons: ["many-patients", "no-view"],
      reach: { patients: call.patients, leaves_org: false, standing: false },
    },
    op: { method: "tools/call", url: `mcp:${call.tool}`, body: JSON.stringify(call.arguments) },
    template: "urn:countersign:tpl:generic",
    policy: TIER_3,
    task: {
      id: `task-${call.n}`,
      idx: 2,
      of: 3,
      goal: call.goal,
      prev: [{ rid: "r-1", out: "completed", title: "Read the ward list" }],
      next_hint: "Tell the ward clerk",
    },
    more: {
      facts: [],
      rationale: { src: "agent", trust: "untrusted", trigger: "magnitude", text: call.rationale },
      initiator: { kind: "human", person: "https://directory.northgate.example/approvers/patel" },
      ...call.more,
    },
  });
}
