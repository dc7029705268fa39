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
export const logProof = whenReady(clientBodies["log.proof"], (peer, body, re) => {
  const { index, leaf, size } = body;
  if (index === undefined && leaf === undefined) {
    peer.fail(re, "E_CLM_SHAPE");
    return;
  }
  const { proof, entry } = peer.around.core.logProof({
    ...(index === undefined ? {} : { index }),
    ...(leaf === undefined ? {} : { leaf }),
    ...(size === undefined ? {} : { size }),
  });
  peer.answer(re, "log.proof", { proof, entry });
});

/** `log.consistency` → `log.consistency`: that the log of size `to` continues that of size `from`. */
export const logConsistency = whenReady(clientBodies["log.consistency"], (peer, { from, to }, re) => {
  peer.answer(re, "log.consistency", { from, to, hashes: peer.around.core.logConsistency(from, to) });
});

/** Messages of later rounds (README decision 18): known to the schema, not offered by this gateway. */
export const reportQuery = whenReady(clientBodies["report.query"], (peer, _body, re) => {
  peer.fail(re, "E_TYPE_UNKNOWN");
});
export const logCosign = whenReady(clientBodies["log.cosign"], (peer, _body, re) => {
  peer.fail(re, "E_TYPE_UNKNOWN");
});
