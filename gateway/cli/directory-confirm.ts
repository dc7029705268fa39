import { CountersignError } from "#shared/protocol/error.ts";

import type { PendingEnrolment } from "../directory/authority.ts";
import { command } from "./command.ts";
import { actor, withAuthority } from "./directory-session.ts";
import { DIRECTORY_OPTION } from "./folders.ts";
import type { Io } from "./io.ts";

/** The second person's part of an enrolment (protocol.md 3.13 step 4): compares the check words, then the directory signs. */
export const directoryConfirm = command({
  name: "directory confirm",
  usage: '[TICKET] [--by WHO] [--words "A B C D E F" | --yes] [--reject]',
  summary:
    "Shows the six check words of a waiting enrolment, asks whether the person's screen shows the same, and signs. Run by a second person.",
  takes: 1,
  options: {
    ...DIRECTORY_OPTION,
    by: { type: "string" },
    words: { type: "string" },
    yes: { type: "boolean" },
    reject: { type: "boolean" },
  },
  async run({ values, words: [ticketId = ""], io }) {
    const waiting = withAuthority(values.directory, io, (authority) => {
      const found = authority.pending().find(({ ticket_id }) => ticket_id === ticketId);
      if (found === undefined) {
        throw new CountersignError(
          "E_ENROL_TICKET",
          `No key waits under ${ticketId}. The person has to type the code first; a ticket lives 15 minutes.`,
        );
      }
      return found;
    });
    describe(waiting, io);
    const same = values.reject !== true && (await agreed(waiting, values, io));
    return withAuthority(values.directory, io, (authority) => {
      const by = actor(authority.iss, values.by, io);
      if (!same) {
        authority.reject(ticketId, by);
        io.out(JSON.stringify({ ticket_id: ticketId, state: "rejected" }));
        return values.reject === true ? 0 : 1;
      }
      authority.confirm(ticketId, by);
      io.out(JSON.stringify({ ticket_id: ticketId, state: "confirmed", sub: waiting.sub }));
      return 0;
    });
  },
});

function describe(waiting: PendingEnrolment, io: Io): void {
  io.err(`${waiting.name} (${waiting.sub})`);
  io.err(`Device: ${waiting.device}, key kept in: ${waiting.key_storage}`);
  io.err(`Check words: ${waiting.words.join(" ")}`);
}

/**
 * SECURITY: the words are compared by a person, protocol.md 3.13: no answer is a no, and words that were typed are
 * compared here.
 * @throws CountersignError `E_CLI_INPUT` when there is nobody to ask
 */
async function agreed(
  waiting: PendingEnrolment,
  values: { readonly yes?: boolean | undefined; readonly words?: string | undefined },
  io: Io,
): Promise<boolean> {
  if (values.words !== undefined) return normal(values.words) === waiting.words.join(" ");
  if (values.yes === true) return true;
  io.err("Does the person's screen show the same six words in the same order? Type yes or no:");
  const answer = await io.readLine();
  if (answer === undefined) {
    throw new CountersignError(
      "E_CLI_INPUT",
      "Nobody answered. Nothing was changed; compare the words and run it again.",
    );
  }
  return /^y(es)?$/i.test(answer.trim());
}

const normal = (text: string): string => text.trim().toLowerCase().split(/\s+/).join(" ");
