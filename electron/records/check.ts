import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { evidenceItem } from "#shared/protocol/evidence/item.ts";
import { checkListing } from "#shared/protocol/evidence/listing.ts";
import { importDirectory } from "#shared/protocol/evidence/verify-bundle.ts";
import { verifyItem } from "#shared/protocol/evidence/verify-item.ts";
import { verifyOwn } from "#shared/protocol/evidence/verify-own.ts";
import { verifyStatementEvidence } from "#shared/protocol/evidence/verify-statement.ts";

import type { CheckInput, CheckOutput } from "./messages.ts";

/** Everything this computer can check of rows of a history by itself: the same steps as `countersign verify`. */
export function check(crypto: Crypto, { items, pins, listing, own }: CheckInput): CheckOutput {
  const options = { builtinTemplates, findHidden, decodeStatusList };
  const readable = items.map((item) => evidenceItem.safeParse(item).data);
  const isReadable = readable.every((item) => item !== undefined);
  return {
    verdicts: items.map((item, i) =>
      own === undefined
        ? verifyItem(item, pins, crypto, options)
        : verifyOwn(membersOf(item), own[i] ?? [], pins, crypto, options),
    ),
    // A row that is no item at all has its own verdict, and no place in an order.
    faults: listing && isReadable ? checkListing(crypto, readable, listing) : [],
    statements: items.map((item) => statementsOf(item).map((one) => checkStatement(crypto, one, item, pins))),
  };
}

const membersOf = (item: unknown): Readonly<Record<string, unknown>> =>
  typeof item === "object" && item !== null ? { ...item } : {};

function statementsOf(item: unknown): readonly unknown[] {
  const { statements } = membersOf(item);
  return Array.isArray(statements) ? statements : [];
}

function checkStatement(crypto: Crypto, statement: unknown, item: unknown, pins: CheckInput["pins"]) {
  const { gateway } = membersOf(item);
  const credentials = typeof gateway === "string" ? [gateway, ...pins.gateways] : pins.gateways;
  return verifyStatementEvidence(statement, crypto, importDirectory(crypto, pins.directory), credentials);
}
