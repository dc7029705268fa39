import { clientBodies, type ClientType, type Envelope } from "#shared/protocol/messages.ts";

import { actionClaim, actionRelease, actionView } from "./messages/action.ts";
import { auth } from "./messages/auth.ts";
import { enrolBegin, enrolComplete, enrolRevoke, enrolRotate } from "./messages/enrol.ts";
import { failWith } from "./messages/fault.ts";
import { bye, hello, ping } from "./messages/hello.ts";
import { historyQuery, logConsistency, logCosign, logProof, reportQuery } from "./messages/query.ts";
import type { Route } from "./messages/route.ts";
import { decisionSubmit, statementSubmit } from "./messages/submit.ts";
import { ack, credit, subscribe } from "./messages/subscribe.ts";
import type { Peer } from "./peer.ts";

const ROUTES: Readonly<Record<ClientType, Route>> = {
  hello,
  auth,
  "enrol.begin": enrolBegin,
  "enrol.complete": enrolComplete,
  "enrol.rotate": enrolRotate,
  "enrol.revoke": enrolRevoke,
  subscribe,
  credit,
  ack,
  "action.view": actionView,
  "action.claim": actionClaim,
  "action.release": actionRelease,
  "statement.submit": statementSubmit,
  "decision.submit": decisionSubmit,
  "history.query": historyQuery,
  "report.query": reportQuery,
  "log.proof": logProof,
  "log.consistency": logConsistency,
  "log.cosign": logCosign,
  ping,
  bye,
};

/** Features a `crit` list may name (protocol.md 3.4.2). None yet. */
const FEATURES: ReadonlySet<string> = new Set();

const isClientType = (type: string): type is ClientType => Object.hasOwn(clientBodies, type);

/** Processes one well-formed envelope; whatever goes wrong is answered, and never ends the process. */
export function dispatch(peer: Peer, message: Envelope): void {
  const { type, id, body, crit } = message;
  if (crit?.some((feature) => !FEATURES.has(feature))) {
    peer.fail(id, "E_CRIT_UNKNOWN");
    return;
  }
  if (!isClientType(type)) {
    if (!type.startsWith("x-")) peer.fail(id, "E_TYPE_UNKNOWN");
    return;
  }
  try {
    ROUTES[type].run(peer, body, id);
  } catch (error) {
    failWith(peer, id, type, error);
  }
}
