import path from "node:path";

import { z } from "zod";

import { attachment } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";

import type { RequestDraft } from "../ports.ts";
import { readJson, readText } from "./files.ts";

const text = (max: number) => z.string().min(1).max(max);

const operation = z.strictObject({
  method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
  /** Absolute, or relative to the gateway's FHIR base. */
  url: text(2048),
  media: text(128).default("application/fhir+json"),
  /** The exact text that will be executed. */
  body: z.string().optional(),
  /** Or the file that holds it, beside the draft. */
  body_file: text(512).optional(),
  if_match: text(128).optional(),
});

/** What `gateway raise` reads: the draft of a request as an agent would make it (gateway/ports.ts `RequestDraft`). */
const draftFile = z.strictObject({
  agent: text(512),
  operation,
  action: z.enum(ACTION_TYPES).optional(),
  scopes: z.array(text(512)).max(64).optional(),
  rationale: z
    .strictObject({
      trigger: z.enum(["irreversibility", "magnitude", "uncertainty", "novelty", "authority_gap", "policy_rule"]),
      text: text(1000),
    })
    .optional(),
  claims: z
    .array(z.strictObject({ code: text(64), value: text(200), unit: text(64).optional() }))
    .max(64)
    .optional(),
  task: z
    .strictObject({
      id: text(128),
      goal: text(500),
      idx: z.int().positive().optional(),
      of: z.int().positive().optional(),
      next_hint: text(500).optional(),
    })
    .optional(),
  initiator: z.strictObject({ kind: z.enum(["human", "schedule", "event"]), person: text(512).optional() }).optional(),
  attachments: z.array(attachment).max(64).optional(),
  expires_in: z.int().positive().optional(),
  idempotency_key: text(128).optional(),
});

/**
 * Reads a draft; a `body_file` is taken from beside it, byte for byte.
 * @throws CountersignError `E_CLI_INPUT` naming the member that is wrong, `E_FMT_*`
 */
export function readDraft(file: string): RequestDraft {
  const parsed = draftFile.safeParse(readJson(file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.map(String).join(".") ?? "";
    throw new CountersignError(
      "E_CLI_INPUT",
      `${file} is not a draft: ${where === "" ? "" : `${where}: `}${issue?.message ?? ""}`,
    );
  }
  const { body_file, ...rest } = parsed.data.operation;
  const body = rest.body ?? (rest.method === "DELETE" && body_file === undefined ? "" : undefined);
  if ((body === undefined) === (body_file === undefined)) {
    throw new CountersignError("E_CLI_INPUT", `${file}: the operation needs either body or body_file.`);
  }
  const exact = body ?? readText(path.resolve(path.dirname(file), body_file ?? ""));
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- JSON has no undefined: what is absent is absent
  return { ...parsed.data, operation: { ...rest, body: exact } } as RequestDraft;
}
