import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { auditToServe, type Begun, type BeginOptions } from "../../../gateway/audit/begin.ts";
import { auditBeside, type BesideAudit } from "../../../gateway/audit/beside.ts";
import { checkpointFile } from "../../../gateway/audit/checkpoint-file.ts";
import { notesAtHand } from "../../../gateway/audit/log.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { decide, raised } from "../signing.ts";
import { makeDraft, makeWorld, type Person, type World } from "../world.ts";

/** A gateway with some decided requests, whose start and audit a test makes itself. */
export interface Started {
  readonly world: World;
  readonly lee: Person;
  /** What a start does before it serves, with no time for more than it needs. */
  readonly begin: (over?: Partial<BeginOptions>) => Promise<Begun>;
  readonly beside: (begun: Begun, store?: Store, ticks?: () => number) => BesideAudit;
  /** Raises and decides so many more, and has the log signed for. */
  readonly decideMore: (count: number) => Promise<void>;
  /** Kills it, has SQL done to its database, and opens it again. */
  readonly tamper: (...sql: readonly string[]) => void;
  /** The same with the database's file. */
  readonly between: (act: (file: string) => void) => void;
  readonly told: string[];
}

export async function started(count = 3): Promise<Started> {
  const world = makeWorld({ isAudited: true });
  const lee = world.person("lee");
  const told: string[] = [];
  let folder = "";
  const between = (act: (file: string) => void): void => {
    world.reopen({}, (file) => {
      folder = dirname(file);
      act(file);
    });
  };
  between(() => undefined);
  const vkey = world.registration.log.vkey;
  const notes = (): readonly string[] => notesAtHand(world.core.store, checkpointFile(join(folder, "checkpoint")));
  const say = (event: string, fields: object = {}): void => void told.push(`${event} ${JSON.stringify(fields)}`);
  const it: Started = {
    ...{ world, lee, told, between },
    begin: (over = {}) =>
      auditToServe({
        ...{ crypto, store: world.core.store, clock: world.clock, vkey, notes: notes(), now: world.now, firstMs: 0 },
        onWhole: (why) => say("whole", { why }),
        ...over,
      }),
    beside: (begun, store = world.core.store, ticks = () => world.clock.nowMs()) =>
      auditBeside({
        ...{ crypto, store, vkey, notes, clock: world.clock, begun, ticks },
        logger: { info: say, warn: say, error: say },
      }),
    async decideMore(more) {
      for (let i = 0; i < more; i++) decide(world, lee, await raised(world, makeDraft()), "deny");
      world.clock.advance(1000);
    },
    tamper(...sql) {
      between((file) => {
        const db = new DatabaseSync(file);
        for (const one of sql) db.exec(one);
        db.close();
      });
    },
  };
  await it.decideMore(count);
  return it;
}

/** Of a store, from which entry on each page of the log was read. */
export function pagesOf(store: Store): { readonly store: Store; readonly pages: number[] } {
  const pages: number[] = [];
  const leavesFrom: Store["leavesFrom"] = (index, limit) => {
    pages.push(index);
    return store.leavesFrom(index, limit);
  };
  return { pages, store: { ...store, leavesFrom } };
}
