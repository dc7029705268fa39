import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { FhirRouter } from "@medplum/fhir-router";

import { refusal, type Answer } from "./answers.ts";
import { loadDefinitions } from "./definitions.ts";
import { IdempotentAnswers } from "./idempotency.ts";
import { VersionedRepository, type Resource } from "./repository.ts";
import { executeWrite, read, type Context } from "./routes.ts";
import { readBody, WRITES, type RecordedWrite } from "./wire.ts";

export type { RecordedWrite } from "./wire.ts";

const BASE_PATH = "/r4";
const MAX_BODY_BYTES = 1024 * 1024;

export interface FhirServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly seed: readonly Resource[];
  readonly nowMs?: () => number;
  /** Called for every write before it is executed; a text refuses it (403). */
  readonly authorize?: (write: RecordedWrite) => string | undefined;
  /** For fault tests: cut the connection before or after the write is executed, without an answer. */
  readonly cut?: (write: RecordedWrite) => "before" | "after" | undefined;
}

export interface FhirServer {
  /** `http://127.0.0.1:<port>/r4` */
  readonly baseUrl: string;
  /** Every write received since the start, in order. */
  readonly wire: readonly RecordedWrite[];
  readonly repository: VersionedRepository;
  close(): Promise<void>;
}

/**
 * A FHIR R4 server over HTTP on loopback, on `@medplum/fhir-router` and its memory repository: read, vread, history,
 * search, create, update, JSON Patch and delete with `If-Match`, `If-None-Exist`, `ETag`, `Location`, validation and
 * OperationOutcome errors. It keeps the bytes of every write. For the demonstration and for tests.
 * @throws Error when the port is taken or a seed resource is not valid
 */
export async function startFhirServer(options: FhirServerOptions): Promise<FhirServer> {
  loadDefinitions();
  const nowMs = options.nowMs ?? Date.now;
  const repository = new VersionedRepository(nowMs);
  for (const resource of options.seed) await repository.createResource(resource);
  const wire: RecordedWrite[] = [];
  const server = createServer();
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(options.port, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}${BASE_PATH}`;
  const context: Context = {
    repository,
    baseUrl,
    ...(options.authorize ? { authorize: options.authorize } : {}),
    nowMs,
    router: new FhirRouter(),
    once: new IdempotentAnswers(),
  };
  server.on("request", (request, response) => void serve(context, options, wire, request, response));
  return {
    baseUrl,
    wire,
    repository,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  context: Context,
  options: FhirServerOptions,
  wire: RecordedWrite[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES).catch(() => undefined);
  if (request.destroyed && !request.complete) return;
  const path = pathBelowBase(request.url ?? "");
  const method = request.method ?? "GET";
  if (path === undefined) send(response, refusal(404, "not-supported", "There is nothing at this address."));
  else if (body === undefined) send(response, refusal(413, "structure", "The body is larger than 1 MiB."));
  else if (!WRITES.has(method)) send(response, await read(context, method, path, request.headers));
  else {
    const write: RecordedWrite = { method, path, headers: request.headers, body };
    wire.push(write);
    const cut = options.cut?.(write);
    const answer = cut === "before" ? undefined : await executeWrite(context, write);
    if (cut !== undefined || answer === undefined) response.destroy();
    else {
      write.status = answer.status;
      send(response, answer);
    }
  }
}

function pathBelowBase(url: string): string | undefined {
  if (url !== BASE_PATH && !url.startsWith(`${BASE_PATH}/`) && !url.startsWith(`${BASE_PATH}?`)) return undefined;
  return url.slice(BASE_PATH.length);
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}
