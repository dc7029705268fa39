import { CountersignError } from "#shared/protocol/error.ts";

import type { FrameFile } from "../journal/frame-file.ts";
import { JournalTable, makeJournal } from "../journal/journal.ts";
import { makeMemory, MemoryTable } from "../journal/memory.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { DecisionRecord } from "../journal/record.ts";
import type { Vault } from "../journal/vault.ts";

/**
 * A vault that no disk ever sees, so that nothing of a practice can be found, or taken for a decision, afterwards: a folder
 * that is removed at the end would stay after a crash.
 */
export const makeFleetingVault = (): Vault => ({
  outbox: makeFleetingOutbox(),
  journal: makeJournal(new JournalTable(), makeFleetingFrames()),
  memory: makeMemory(new MemoryTable(), makeFleetingFrames()),
  close: () => Promise.resolve(),
});

function makeFleetingFrames(): FrameFile {
  const frames: Uint8Array[] = [];
  return {
    get size() {
      return frames.length;
    },
    append(payloads) {
      frames.push(...payloads);
      return Promise.resolve();
    },
    read(index) {
      const frame = frames[index];
      return frame ? Promise.resolve(frame) : Promise.reject(new CountersignError("E_CLI_JOURNAL"));
    },
    close: () => Promise.resolve(),
  };
}

function makeFleetingOutbox(): Outbox {
  let waiting: readonly DecisionRecord[] = [];
  return {
    entries: () => waiting,
    reserve: () =>
      Promise.resolve({
        commit(entry) {
          waiting = [...waiting, entry];
          return Promise.resolve();
        },
        abandon: () => Promise.resolve(),
      }),
    waits: () => false,
    sends: () => Promise.resolve(),
    remove(entry) {
      waiting = waiting.filter((one) => one !== entry);
      return Promise.resolve();
    },
  };
}
