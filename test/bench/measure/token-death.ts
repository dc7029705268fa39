import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { TYP } from "#shared/protocol/names.ts";

import { runExecutions } from "../../../gateway/executor/run.ts";
import { crypto, makeRunKit } from "../../gateway/executor/kit.ts";
import { spread } from "./interleaved.ts";
import { report, rounded, type Bar } from "./report.ts";

const TIMES = 60;
const FHIR = "https://fhir.northgate.example/r4";

const DEAD: Bar = {
  ...{ id: "token-death", bar: 250, aim: 50, sense: "max" },
  what: "From the hospital system's answer to a token that is dead at introspection and in the status list.",
};

/** How long a task's token outlives its task (protocol.md 3.14): the commit that ends both. */
export async function tokenDeath(): Promise<unknown> {
  const kit = makeRunKit(FHIR);
  const { executions, events, store, tokens } = kit.at;
  let token = "";
  let answeredAt = 0;
  const runner = runExecutions({
    ...{ executions, events, store, tokens, crypto, clock: kit.clock },
    executor: {
      execute: (input) => {
        token = input.token;
        answeredAt = performance.now();
        return Promise.resolve({ kind: "done", status: 201, body: "{}" });
      },
      find: () => Promise.resolve({ kind: "unknown", why: "" }),
    },
  });
  const times: number[] = [];
  try {
    for (let i = 0; i < TIMES; i++) {
      const rid = kit.approve({ method: "POST", url: `${FHIR}/Basic`, body: `{"n":${String(i)}}` });
      events.emit("execute", { rid });
      await runner.idle();
      if (tokens.introspect(token).active || !isListed(tokens.statusList(), store.tokensOf(rid)[0]?.idx ?? -1)) {
        throw new Error("the token is alive");
      }
      times.push(performance.now() - answeredAt);
    }
  } finally {
    await runner.close();
    kit.close();
  }
  const ms = spread(times);
  return { figure: report(DEAD, ms, " ms"), ms: rounded(ms) };
}

function isListed(list: string, idx: number): boolean {
  const { status_list } = parsePayload(gateJws(list, { typ: TYP.statusList })) as { status_list: { lst: string } };
  return decodeStatusList(status_list.lst)(idx) === 1;
}
