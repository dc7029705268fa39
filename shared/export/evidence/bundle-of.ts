import type { Bundle } from "#shared/protocol/bundle.ts";
import { quietly } from "#shared/protocol/evidence/quietly.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import type { DetailItem } from "#shared/reports/items.ts";

/**
 * `countersign-bundle/1` of one revision (protocol.md 3.12), as `countersign verify` reads it. Undefined where nobody
 * decided, where parts were withheld, or where it is not under a checkpoint yet.
 */
export function bundleOf(item: DetailItem): Bundle | undefined {
  const { request, gateway, vkey, template, status, credentials, receipts, proofs, entries } = item;
  const decisions = item.decisions.filter((jws) => jws !== null);
  const withheld = decisions.length < item.decisions.length || request === undefined;
  if (withheld || decisions.length === 0 || proofs.length === 0 || template === undefined) return undefined;
  return {
    format: "countersign-bundle/1",
    ...{ request, decisions, receipts },
    // A revision that was replaced may have been withdrawn from part of its audience: that is not how it ended.
    events: item.state === "superseded" ? item.sets.filter((set) => nameOf(set) !== "request-withdrawn") : item.sets,
    credentials,
    gateway,
    log: { vkey, proofs, entries },
    templates: [template],
    status: status === undefined ? [] : [status],
  };
}

function nameOf(set: string): string {
  const [uri = ""] = Object.keys(quietly(() => readStored("event", set).events) ?? {});
  return uri.slice(uri.lastIndexOf(":") + 1);
}
