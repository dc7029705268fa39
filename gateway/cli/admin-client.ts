import { existsSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode } from "#shared/protocol/registry.ts";

import { ADMIN_FILE, adminFile } from "./admin.ts";
import { readJson } from "./files.ts";

const failure = z.object({ code: z.string(), message: z.string() });

/**
 * Asks the gateway that serves `folder`.
 * @throws CountersignError `E_CLI_OFFLINE` when none serves it, and whatever the gateway answers
 */
export async function askGateway(
  folder: string,
  request: { readonly method: "GET" | "POST"; readonly path: string; readonly rid?: string; readonly body?: unknown },
): Promise<unknown> {
  const file = path.join(folder, ADMIN_FILE);
  if (!existsSync(file)) throw notServing(folder);
  const parsed = adminFile.safeParse(readJson(file));
  if (!parsed.success) throw notServing(folder);
  const { url, token } = parsed.data;
  const query = request.rid === undefined ? "" : `?${new URLSearchParams({ rid: request.rid }).toString()}`;
  let response: Response;
  try {
    response = await fetch(`${url}${request.path}${query}`, {
      method: request.method,
      headers: { authorization: `Bearer ${token}` },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
  } catch (cause) {
    throw notServing(folder, cause);
  }
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { code, message } = failure.parse(answer);
  throw new CountersignError(isErrorCode(code) ? code : "E_INTERNAL", message);
}

const notServing = (folder: string, cause?: unknown): CountersignError =>
  new CountersignError(
    "E_CLI_OFFLINE",
    `No gateway serves ${folder}. Start it with "countersign gateway serve", or give --data its folder.`,
    { cause },
  );
