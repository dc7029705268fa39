import { rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { timingSafeEqual } from "node:crypto";

import type { z } from "zod";

import { TERMINAL_STATES } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Roster } from "../agents/roster.ts";
import type { Assembled } from "../assemble.ts";
import type { Core, RequestStatusView } from "../core.ts";
import type { EvidenceDesk } from "../evidence/desk.ts";
import type { RequestDraft } from "../ports.ts";
import { readBody } from "../transport/http/body.ts";
import { pathOf } from "../transport/http/path.ts";
import { harden, sendJson } from "../transport/http/respond.ts";
import type { Randomness } from "../transport/randomness.ts";
import type { Catalogue } from "../agents/mcp/catalogue.ts";
import type { TimelyKeeper } from "../retention/timely.ts";
import {
  ADMIN_FILE,
  ADMIN_PATHS,
  agentQuestion,
  digests,
  disableOrder,
  giveUpOrder,
  haltOrder,
  rekeyOrder,
  retentionOrder,
} from "./admin.ts";
import { parseNamed } from "./files.ts";
import { obey } from "./gateway-retention.ts";
import { makeCopies, type Copies } from "./admin-copies.ts";

export type AdminCore = Pick<Core, "raise" | "status" | "withdraw" | "bundle"> & {
  readonly store: Pick<Core["store"], "copyTo">;
};

export interface AdminOptions {
  readonly folder: string;
  /** Base for relative addresses in drafts, without a slash at its end. */
  readonly fhirBase: string;
  readonly random: Randomness;
  readonly roster: Pick<Roster, "list" | "report" | "disable" | "halt" | "resume">;
  /** Where evidence is written into the record. */
  readonly evidence?: EvidenceDesk | undefined;
  readonly keeper: TimelyKeeper;
  readonly rekeying: Assembled["rekeying"];
  /** Process id, told in the file. */
  readonly pid: number;
  /** Tools of the MCP servers behind this gateway, where there are any. */
  readonly tools?: Pick<Catalogue, "all" | "away" | "accept">;
}

const BODY_BYTES = 512 * 1024;
const TOKEN_BYTES = 32;

/** Serves the local channel until closed; its address and token stand in a file of the data folder, mode 600. */
export async function openAdmin(core: AdminCore, options: AdminOptions): Promise<{ close(): Promise<void> }> {
  const token = options.random.text(TOKEN_BYTES);
  const copies = makeCopies(core.store);
  const server = createServer((req, res) => {
    harden(res, false);
    answer(core, { ...options, copies }, token, req, res).catch((error: unknown) => {
      const known = error instanceof CountersignError;
      sendJson(res, known ? 400 : 500, known ? error.toJSON() : { code: "E_INTERNAL", message: "The gateway failed." });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const file = path.join(options.folder, ADMIN_FILE);
  rmSync(file, { force: true });
  // SECURITY: whoever can read this file can raise requests and have the database copied, which they could read as well:
  // no decision is made here.
  writeFileSync(file, JSON.stringify({ url: `http://127.0.0.1:${port}`, token, pid: options.pid }), {
    mode: 0o600,
    flag: "wx",
  });
  return {
    async close() {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function answer(
  core: AdminCore,
  options: AdminOptions & { readonly copies: Copies },
  token: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // SECURITY: a browser page cannot reach this: it has no token, and its Origin gives it away (DNS rebinding).
  if (req.headers.origin !== undefined || !hasToken(req, token)) {
    sendJson(res, 403, new CountersignError("E_FORBIDDEN", "The token is missing or wrong.").toJSON());
    return;
  }
  const params = new URLSearchParams((req.url ?? "").split("?")[1] ?? "");
  const rid = params.get("rid") ?? "";
  switch (`${req.method ?? ""} ${pathOf(req)}`) {
    case `POST ${ADMIN_PATHS.raise}`:
      sendJson(res, 200, await core.raise(absolute(await draftOf(req), options.fhirBase)));
      return;
    case `GET ${ADMIN_PATHS.state}`:
      sendJson(res, 200, stateOf(found(core, rid)));
      return;
    case `POST ${ADMIN_PATHS.withdraw}`:
      if (TERMINAL_STATES.has(found(core, rid).state)) throw new CountersignError("E_REQ_TERMINAL");
      core.withdraw(rid, "operator", "gateway");
      sendJson(res, 200, stateOf(found(core, rid)));
      return;
    case `GET ${ADMIN_PATHS.bundle}`:
      sendJson(res, 200, core.bundle(rid) ?? noneYet(core, rid));
      return;
    case `GET ${ADMIN_PATHS.agents}`:
      sendJson(res, 200, options.roster.list());
      return;
    case `POST ${ADMIN_PATHS.agentReport}`:
      sendJson(res, 200, options.roster.report((await ordered(req, agentQuestion)).agent));
      return;
    case `POST ${ADMIN_PATHS.agentDisable}`:
      sendJson(res, 200, options.roster.disable(await ordered(req, disableOrder)));
      return;
    case `POST ${ADMIN_PATHS.agentHalt}`:
      sendJson(res, 200, options.roster.halt(await ordered(req, haltOrder)));
      return;
    case `POST ${ADMIN_PATHS.agentResume}`:
      options.roster.resume(await ordered(req, haltOrder));
      sendJson(res, 200, {});
      return;
    case `POST ${ADMIN_PATHS.retention}`:
      sendJson(res, 200, obey(options.keeper, await ordered(req, retentionOrder)));
      return;
    case `POST ${ADMIN_PATHS.storeKey}`:
      sendJson(res, 200, options.rekeying.step((await ordered(req, rekeyOrder)).by));
      return;
    case `POST ${ADMIN_PATHS.copy}`:
      sendJson(res, 200, options.copies.start(await readBody(req, BODY_BYTES)));
      return;
    case `GET ${ADMIN_PATHS.copy}`:
      sendJson(res, 200, options.copies.state());
      return;
    case `GET ${ADMIN_PATHS.tools}`:
      sendJson(res, 200, { tools: options.tools?.all() ?? [], away: options.tools?.away() ?? [] });
      return;
    case `POST ${ADMIN_PATHS.tools}`:
      sendJson(res, 200, options.tools?.accept(digests.parse(JSON.parse(await readBody(req, BODY_BYTES)))) ?? []);
      return;
    case `GET ${ADMIN_PATHS.evidence}`:
      sendJson(res, 200, desk(options).state());
      return;
    case `POST ${ADMIN_PATHS.evidenceRetry}`:
      sendJson(res, 200, await desk(options).retry());
      return;
    case `POST ${ADMIN_PATHS.evidenceGiveUp}`:
      sendJson(res, 200, desk(options).giveUp(await ordered(req, giveUpOrder)));
      return;
    default:
      sendJson(res, 404, new CountersignError("E_NOT_FOUND", "There is no such command.").toJSON());
  }
}

function desk({ evidence }: AdminOptions): EvidenceDesk {
  if (evidence === undefined) {
    throw new CountersignError("E_CLI_INPUT", "This gateway writes no evidence: gateway.json names no place for it.");
  }
  return evidence;
}

function hasToken(req: IncomingMessage, token: string): boolean {
  const [given, expected] = [Buffer.from(req.headers.authorization ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function ordered<T>(req: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseNamed(await readBody(req, BODY_BYTES), "The order"));
  if (!parsed.success) throw new CountersignError("E_CLI_INPUT", "The order is not one that this gateway understands.");
  return parsed.data;
}

async function draftOf(req: IncomingMessage): Promise<RequestDraft> {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- readDraft of the same release made it; whoever holds the token could write the store
  return JSON.parse(await readBody(req, BODY_BYTES)) as RequestDraft;
}

/** An address relative to the FHIR base becomes absolute. */
function absolute(draft: RequestDraft, fhirBase: string): RequestDraft {
  const { url } = draft.operation;
  if (URL.canParse(url)) return draft;
  return { ...draft, operation: { ...draft.operation, url: `${fhirBase}/${url.replace(/^\/+/, "")}` } };
}

/** What was erased a moment ago waits for the log's checkpoint as well. @throws CountersignError `E_REQ_UNKNOWN` */
function noneYet(core: AdminCore, rid: string): null {
  try {
    found(core, rid);
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_STORE_ERASED") throw error;
  }
  return null;
}

function found(core: AdminCore, rid: string): RequestStatusView {
  const status = core.status(rid);
  if (status === undefined) throw new CountersignError("E_REQ_UNKNOWN");
  return status;
}

/**
 * Without the claims and without the text of the hospital's answer: states go to terminals and scripts, patients' data
 * does not (protocol.md 3.19).
 */
function stateOf({ claims: _claims, result, ...state }: RequestStatusView): Readonly<Record<string, unknown>> {
  if (result === undefined) return state;
  const { body: _body, ...answer } = result;
  return { ...state, result: answer };
}
