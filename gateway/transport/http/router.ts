import type { IncomingMessage, ServerResponse } from "node:http";

import type { CountersignError } from "#shared/protocol/error.ts";
import { CODES } from "#shared/protocol/registry.ts";

import type { SubmitAnswer } from "../../core.ts";
import type { Clock } from "../../ports.ts";
import type { TransportLimits } from "../limits.ts";
import type { Logger } from "../logger.ts";
import { postDecision } from "./decisions.ts";
import { PATHS } from "./discovery.ts";
import { pathOf } from "./path.ts";
import { makePostLimit } from "./post-limit.ts";
import { harden, sendError, sendJson, sendText } from "./respond.ts";

/** A part of the gateway that answers some addresses itself; false leaves the request to the next. */
export type HttpRoutes = (req: IncomingMessage, res: ServerResponse) => boolean | Promise<boolean>;

export interface RouterOptions {
  readonly secure: boolean;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined while the gateway is starting or draining. */
  readonly service: () => Service | undefined;
  /** While it is starting: how far it is through its log (docs/decisions/0018). */
  readonly auditing?: () => AuditedSoFar | undefined;
}

/** Entries and objects that were gone through, and that there are. */
export interface AuditedSoFar {
  readonly done: number;
  readonly of: number;
}

export interface Service {
  readonly discovery: Readonly<Record<string, unknown>>;
  readonly jwks: Readonly<Record<string, unknown>>;
  readonly template: (digest: string) => string | undefined;
  readonly statusList: (name: string) => string | undefined;
  /** Decisions over HTTPS; undefined where the deployment takes none. */
  readonly submit: ((jws: string) => Promise<SubmitAnswer>) | undefined;
  readonly routes: HttpRoutes | undefined;
  /** Why nothing new is taken: the store's fault. */
  readonly fault: () => CountersignError | undefined;
}

const DIGEST = /^sha-256:[A-Za-z0-9_-]{43}$/;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

type Answer = (req: IncomingMessage, res: ServerResponse, service: Service, rest: string) => void | Promise<void>;

/** The `request` listener: hardening headers, the gateway's own addresses, then the agents' doors. */
export function makeRouter(options: RouterOptions): (req: IncomingMessage, res: ServerResponse) => void {
  const admitPost = makePostLimit(options.limits, () => options.clock.nowMs());
  const post: Answer = async (req, res, service) => {
    if (service.submit === undefined) sendError(res, 404, "E_NOT_FOUND");
    else if (!admitPost(req.socket.remoteAddress ?? "")) sendError(res, 429, "E_RATE");
    else await postDecision(req, res, { submit: service.submit, bodyBytes: options.limits.bodyBytes });
  };

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const pathname = pathOf(req);
    const service = options.service();
    if (pathname === PATHS.healthz) {
      sendJson(res, 200, { ok: true });
    } else if (pathname === PATHS.readyz) {
      sendReadiness(res, service, options.auditing?.());
    } else if (service === undefined) {
      res.setHeader("Retry-After", "5");
      sendError(res, 503, "E_DRAINING");
    } else if (!(await own(req, res, service, pathname, post)) && !(await service.routes?.(req, res))) {
      sendError(res, 404, "E_NOT_FOUND");
    }
  };

  return (req, res) => {
    harden(res, options.secure);
    answer(req, res).catch((error: unknown) => {
      options.logger.error("http.fault", { error: error instanceof Error ? error.name : typeof error });
      if (res.headersSent) res.destroy();
      else sendError(res, 500, "E_INTERNAL");
    });
  };
}

function sendReadiness(res: ServerResponse, service: Service | undefined, auditing: AuditedSoFar | undefined): void {
  if (service === undefined && auditing !== undefined) {
    const title = `The gateway goes through its log before it serves: auditing ${String(auditing.done)} of ${String(auditing.of)}.`;
    sendJson(res, 503, { ok: false, code: "E_DRAINING", title, auditing });
    return;
  }
  const code = service === undefined ? "E_DRAINING" : service.fault()?.code;
  if (code === undefined) sendJson(res, 200, { ok: true });
  else sendJson(res, 503, { ok: false, code, title: CODES[code].text });
}

async function own(
  req: IncomingMessage,
  res: ServerResponse,
  service: Service,
  pathname: string,
  post: Answer,
): Promise<boolean> {
  const route = routeOf(pathname, post);
  if (route === undefined) return false;
  if (req.method === route.method) {
    await route.answer(req, res, service, pathname.slice(pathname.lastIndexOf("/") + 1));
  } else {
    res.setHeader("Allow", route.method);
    sendError(res, 405, "E_METHOD");
  }
  return true;
}

function routeOf(
  pathname: string,
  post: Answer,
): { readonly method: "GET" | "POST"; readonly answer: Answer } | undefined {
  if (pathname === PATHS.decisions) return { method: "POST", answer: post };
  if (pathname === PATHS.discovery)
    return { method: "GET", answer: (_q, res, { discovery }) => sendJson(res, 200, discovery) };
  if (pathname === PATHS.jwks) return { method: "GET", answer: (_q, res, { jwks }) => sendJson(res, 200, jwks) };
  if (pathname.startsWith(`${PATHS.templates}/`)) return { method: "GET", answer: getTemplate };
  if (pathname.startsWith(`${PATHS.status}/`)) return { method: "GET", answer: getStatusList };
  return undefined;
}

/** A template's digest is its only authority (protocol.md 3.6): the client checks it, and it may be kept for ever. */
function getTemplate(_req: IncomingMessage, res: ServerResponse, service: Service, rest: string): void {
  const digest = rest.replaceAll("%3A", ":");
  const text = DIGEST.test(digest) ? service.template(digest) : undefined;
  if (text === undefined) {
    sendError(res, 404, "E_NOT_FOUND");
    return;
  }
  res.setHeader("Cache-Control", "public, max-age=31536000, immutable");
  sendText(res, 200, "application/json", text);
}

function getStatusList(_req: IncomingMessage, res: ServerResponse, service: Service, rest: string): void {
  const jwt = NAME.test(rest) ? service.statusList(rest) : undefined;
  if (jwt === undefined) sendError(res, 404, "E_NOT_FOUND");
  else sendText(res, 200, "application/statuslist+jwt", jwt);
}
