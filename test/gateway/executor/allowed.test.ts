import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { contentDigest } from "#shared/protocol/digest.ts";
import { RAR } from "#shared/protocol/names.ts";

import { makeAllowedChanges, type AllowedChanges } from "../../../gateway/executor/allowed.ts";
import type { ExecutionResult } from "../../../gateway/ports.ts";
import type { AllowedAct } from "../../../gateway/requests/allowed-act.ts";
import { crypto, makeRunKit, type RunKit } from "./kit.ts";

const FHIR = "https://fhir.northgate.example/r4";
const act = (over: Partial<AllowedAct> = {}): AllowedAct => ({
  ...{ id: "019f0000-0000-7000-8000-000000000001", agent: { sub: "urn:agent:a", name: "A" }, rule: "weights" },
  type: "urn:countersign:action:record.update",
  op: {
    ...{ method: "POST", url: `${FHIR}/Observation`, media: "application/fhir+json", body: "{}" },
    body_dig: contentDigest(crypto, "{}"),
  },
  granted: [{ type: RAR.fhirOp, id: "a1", max_uses: 1 }],
  idempotency_key: "k",
  ...over,
});

describe("an allowed change that a crash left behind", () => {
  let kit: RunKit;
  let found: ExecutionResult;
  let executed: number;
  let changes: AllowedChanges | undefined;
  beforeEach(() => {
    kit = makeRunKit(FHIR);
    executed = 0;
    changes = undefined;
  });
  afterEach(async () => {
    await changes?.close();
    kit.close();
  });

  const open = (): AllowedChanges =>
    (changes = makeAllowedChanges({
      ...{ store: kit.at.store, records: kit.at.records, tokens: kit.at.tokens, crypto, kid: "k", now: kit.now },
      randomText: () => "AAAA",
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      executor: {
        execute: () => {
          executed++;
          return Promise.resolve({ kind: "done", status: 201, body: "" });
        },
        find: () => Promise.resolve(found),
      },
    }));
  /** As a process that is killed between the token and the answer leaves it. */
  const crashed = (): void => {
    kit.at.store.write((tx) => tx.startAllowed({ act: act(), what: "w", dig: "d" }, kit.now()));
    kit.at.tokens.use(kit.at.tokens.mintAllowed(act()));
    kit.reopen();
  };

  it.each([
    [{ kind: "done", status: 201, body: "it" }, "done"],
    [{ kind: "refused", status: 422, body: "no" }, "refused"],
    [{ kind: "unknown", why: "nobody says" }, "unknown"],
  ] as const)("is asked for and never sent again: %o", async (answer, kind) => {
    crashed();
    found = answer;
    await open().recovered;
    expect([executed, kit.at.store.allowedAct(act().id)?.outcome?.kind]).toEqual([0, kind]);
    expect(kit.at.store.tokensOf(act().id).every(({ revoked_at }) => revoked_at !== undefined)).toBe(true);
    expect(kit.at.store.allowedToRecover()).toEqual([]);
  });

  it("may be asked anew under its key when it certainly never arrived", async () => {
    crashed();
    found = { kind: "absent", why: "never seen" };
    await open().recovered;
    const again = { ...act(), id: "019f0000-0000-7000-8000-000000000002" };
    expect(await changes?.run(again)).toMatchObject({ kind: "done" });
    expect(executed).toBe(1);
  });

  it.each([
    ["agent", "urn:agent:a"],
    ["type", act().type],
    ["type", "*"],
  ] as const)("begins nothing of a stopped %s, whatever policy said before (%s)", async (kind, name) => {
    const changes = open();
    kit.at.store.write((tx) => tx.pause(kind, name, kit.now()));
    await expect(changes.run(act())).rejects.toMatchObject({ code: "E_AGENT_PAUSED" });
    expect([executed, kit.at.store.allowedAct(act().id)]).toEqual([0, undefined]);
    kit.at.store.write((tx) => tx.resume(kind, name));
    expect(await changes.run(act())).toMatchObject({ kind: "done" });
  });

  it("begins nothing while the gateway closes", async () => {
    const closing = open();
    await closing.close();
    await expect(closing.run(act())).rejects.toMatchObject({ code: "E_DRAINING" });
  });
});
