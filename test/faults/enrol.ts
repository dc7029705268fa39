import { answer } from "../blackbox/command.ts";
import type { Hospital } from "../blackbox/hospital.ts";
import { PIN } from "../electron/approval.ts";
import type { Headless } from "../electron/headless-workstation.ts";

export const portOf = (url: string): number => Number(new URL(url).port);

/**
 * As people enrol, at a workstation that reaches the gateway by another address than the ticket's.
 * @returns the key's name
 */
export async function enrolAt(hospital: Hospital, origin: string, app: Headless, name: string): Promise<string> {
  const { ticket, code } = await hospital.ticket(name, ["--pools", "clinicians"]);
  const text = JSON.stringify({ ...ticket, ws_endpoint: origin + new URL(ticket.ws_endpoint).pathname });
  const begun = await app.ask("enrol_begin", { ticket: text, code, pin: PIN, key_store: "software" });
  if (!begun.ok) throw new Error(begun.error.code);
  await app.enrolment("check_words");
  const { phase } = app.snapshot();
  if (phase.kind !== "setup" || phase.enrolment.kind !== "check_words") throw new Error(JSON.stringify(phase));
  const words = phase.enrolment.words.join(" ");
  await answer(["directory", "confirm", ticket.ticket_id, "--by", "second.admin", "--words", words], hospital.env);
  await app.enrolment("done");
  await app.ask("enrol_cancel", undefined);
  const locked = app.snapshot().phase;
  if (locked.kind !== "locked") throw new Error(JSON.stringify(locked));
  return locked.people[0]!.kid;
}
