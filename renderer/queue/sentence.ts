import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";
import { HEADLINE_WORDS } from "#shared/presentation/words.ts";

import { actionWords } from "../review/action-words.ts";
import { identityOf } from "../review/identity.ts";
import { statusWords } from "../review/status-words.ts";
import { remaining } from "../time/remaining.ts";
import { spokenDate } from "../time/spoken.ts";
import { words } from "../words/en-gb.ts";

/**
 * What a row says to a screen reader, in one sentence of fixed order (approval-experience.md 10.8). Holds record and app
 * words only, never a claim.
 */
export function rowSentence(row: QueueRow, hasNameAlert: boolean, now: number, zone: string, gateway?: string): string {
  const { requests, queue } = words;
  const { patient } = row;
  const born = patient?.birthDate;
  const who =
    patient === undefined
      ? requests.noPatient
      : [identityOf(patient, now, zone).name, ...(born === undefined ? [] : [queue.row.born(spokenDate(born))])].join(
          ", ",
        );
  const due = queue.row.due(formatTimeToday(row.exp, now, zone).text, remaining(row.exp - now));
  const parts = [
    requests.tier(row.tier),
    who,
    actionWords(row.action_type) ?? HEADLINE_WORDS.unknown,
    row.item,
    due,
    statusWords(row.status, now, zone)?.text,
    row.conflict ? requests.conflict : undefined,
    hasNameAlert ? `${requests.nameAlert}: ${requests.nameAlertMeans}` : undefined,
    row.unread ? requests.status.new : undefined,
    gateway === undefined ? undefined : `${requests.gateway} ${gateway}`,
  ];
  return `${parts.filter((part) => part !== undefined && part !== "").join(". ")}.`;
}
