import { REQUEST_STATES } from "#shared/protocol/claims/receipt.ts";
import { clientBodies } from "#shared/protocol/messages.ts";

import { whenReady } from "./route.ts";

/** `history.query` → `history.page`: every request addressed to the asker (protocol.md 3.20). */
export const historyQuery = whenReady(clientBodies["history.query"], (peer, body, re, live) => {
  const { from, to, rid, patient_ref, limit, page } = body;
  const state = REQUEST_STATES.find((known) => known === body.state);
  if (body.state !== undefined && state === undefined) {
    peer.fail(re, "E_QUERY");
    return;
  }
  const { items, next } = peer.around.core.history(live.session, {
    from,
    to,
    limit,
    ...(rid === undefined ? {} : { rid }),
    ...(patient_ref === undefined ? {} : { patient_ref }),
    ...(state === undefined ? {} : { state }),
    ...(page === undefined ? {} : { page }),
  });
  peer.answer(re, "history.page", { items, next });
});

/** `log.proof` → `log.proof`: the inclusion proof of one leaf, by index or by leaf hash. */
export const logProof = whenReady(clientBodies["log.proof"], (peer, body, re, live) => {
  const { index, leaf, size } = body;
  if (index === undefined && leaf === undefined) {
    peer.fail(re, "E_CLM_SHAPE");
    return;
  }
  const query = {
    ...(index === undefined ? {} : { index }),
    ...(leaf === undefined ? {} : { leaf }),
    ...(size === undefined ? {} : { size }),
  };
  const { proof, entry } = peer.around.core.logProof(query, live.session);
  peer.answer(re, "log.proof", { proof, entry });
});

/** `log.consistency` → `log.consistency`: that the log of size `to` continues that of size `from`. */
export const logConsistency = whenReady(clientBodies["log.consistency"], (peer, { from, to }, re) => {
  peer.answer(re, "log.consistency", { from, to, hashes: peer.around.core.logConsistency(from, to) });
});

/** `report.query` → `report.page`: history, insights, agents and exports by role (protocol.md 3.20.2). */
export const reportQuery = whenReady(clientBodies["report.query"], (peer, body, re, live) => {
  peer.answer(re, "report.page", peer.around.core.report(live.session, body));
});

/** A message of a later round (README decision 18): known to the schema, not offered by this gateway. */
export const logCosign = whenReady(clientBodies["log.cosign"], (peer, _body, re) => {
  peer.fail(re, "E_TYPE_UNKNOWN");
});
