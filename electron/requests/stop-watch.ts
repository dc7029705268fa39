import type { EverythingStopped } from "#shared/ipc/contract.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyStatementAnswer, verifyStatementEvidence } from "#shared/protocol/evidence/verify-statement.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";
import { agentItem, type AgentItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";

const ANSWER_MS = 30_000;
/** In the place of a type of action: every type (protocol.md 3.20). */
export const EVERYTHING = "*";
const SUPERVISOR = "supervisor";

export interface StopWatchParts {
  readonly crypto: Crypto;
  readonly link: Pick<Link, "call" | "gateway">;
  readonly directory: PinnedDirectory;
}

/** Whether a supervisor or an operator stopped everything at this gateway (protocol.md 3.20, AISVS 9.6.1). */
export interface StopWatch {
  /** As the gateway said last; undefined where nothing is stopped or it does not say. */
  stopped(): EverythingStopped | undefined;
  /** Asks anew. What cannot be answered changes nothing; a gateway of before this release says nothing. */
  ask(): Promise<void>;
}

export function makeStopWatch({ crypto, link, directory }: StopWatchParts, onChanged: () => void): StopWatch {
  let stopped: EverythingStopped | undefined;
  let round = 0;

  /**
   * Who stopped it is what their statement, their credential and the gateway's receipt say together. SECURITY: a name beside
   * a stop that nobody signed is not shown; a stop that cannot be proven is still one, since it only takes away.
   */
  function judge(pause: NonNullable<AgentItem["paused"]>): EverythingStopped {
    const { at, evidence, answer } = pause;
    const { gateway } = link;
    const credentials = gateway ? [gateway.credential] : [];
    if (evidence === undefined) {
      if (answer === undefined) return { at, proof: "none" };
      const check = verifyStatementAnswer(answer, crypto, directory.key, credentials);
      const isTheirs = check.ok && check.roles.includes(SUPERVISOR);
      return isTheirs ? { at: check.at, by: check.name, proof: "receipt" } : { at, proof: "not_valid" };
    }
    const check = verifyStatementEvidence(evidence, crypto, directory.key, credentials);
    const isOurs =
      check.ok &&
      check.claims.kind === "pause-type" &&
      check.claims.target["type"] === EVERYTHING &&
      check.claims.aud === gateway?.iss &&
      readStored("approver", evidence.credential ?? "").roles.includes(SUPERVISOR);
    return isOurs ? { at: check.at, by: check.name, proof: "statement" } : { at, proof: "not_valid" };
  }

  async function answer(): Promise<EverythingStopped | undefined> {
    const query = { name: "agents", filter: { everything: true } };
    const { body } = await link.call("report.query", query, "report.page", ANSWER_MS);
    const item = body.items.map((one) => agentItem.safeParse(one).data).find((one) => one?.kind === "type");
    if (item?.kind !== "type" || item.type !== EVERYTHING) throw new CountersignError("E_CLM_SHAPE");
    return item.paused && judge(item.paused);
  }

  return {
    stopped: () => stopped,
    async ask() {
      const mine = ++round;
      const found = await answer().then(
        (value) => ({ value }),
        (error: unknown) => {
          if (error instanceof CountersignError) return undefined;
          throw error;
        },
      );
      if (found === undefined || mine !== round) return;
      const before = JSON.stringify(stopped);
      stopped = found.value;
      if (JSON.stringify(stopped) !== before) onChanged();
    },
  };
}
