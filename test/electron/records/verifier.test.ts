import { fork } from "node:child_process";
import { once } from "node:events";

import { describe, expect, it } from "vitest";

import type { CheckReply } from "../../../electron/records/messages.ts";
import { makeVerifier, type StartVerifyProcess } from "../../../electron/records/verifier.ts";
import { makeManualClock } from "../manual-clock.ts";
import { denied } from "../../shared/protocol/fixture/item.ts";

/** The process that the app starts, as a child of Node. */
const children: ReturnType<typeof fork>[] = [];
const startChild: StartVerifyProcess = () => {
  const child = fork(new URL("../../../electron/records/verify-process.ts", import.meta.url), { stdio: "ignore" });
  children.push(child);
  return {
    post: (request) => void child.send(request),
    onReply: (listener) => void child.on("message", (reply: CheckReply) => listener(reply)),
    onExit: (listener) => void child.once("exit", listener),
    kill: () => void child.kill(),
  };
};

describe("the process that verifies", () => {
  it("answers several questions, starts anew after it ended, and keeps nothing from one to the next", async () => {
    const verifier = makeVerifier(startChild, makeManualClock());
    const { item, pins } = denied();
    const both = await Promise.all([
      verifier.check({ items: [item], pins }),
      verifier.check({ items: [{ ...item, state: "completed" }, null], pins }),
    ]);
    // Its own templates are those of the product; this one is of the tests, and came with the question.
    expect(both.map(({ verdicts }) => verdicts.map(({ kind }) => kind))).toEqual([
      ["valid"],
      ["not_valid", "not_valid"],
    ]);
    verifier.end();
    await once(children[0]!, "exit");
    expect((await verifier.check({ items: [item], pins })).verdicts[0]?.kind).toBe("valid");
    verifier.end();
    expect(children).toHaveLength(2);
  });

  it("says that nothing was checked when it ends, when it fails and when it does not answer in time", async () => {
    const clock = makeManualClock();
    const ended: (() => void)[] = [];
    let reply: (reply: CheckReply) => void = () => undefined;
    const verifier = makeVerifier(
      () => ({
        post: () => undefined,
        onReply: (listener) => (reply = listener),
        onExit: (listener) => void ended.push(listener),
        kill: () => ended.at(-1)?.(),
      }),
      clock,
    );
    const { item, pins } = denied();
    const ask = () => verifier.check({ items: [item], pins });
    const stopped = ask();
    ended.at(-1)?.();
    await expect(stopped).rejects.toMatchObject({ code: "E_CLI_VERIFIER" });
    const failed = ask();
    reply({ id: 2, ok: false });
    await expect(failed).rejects.toMatchObject({ code: "E_CLI_VERIFIER" });
    const late = ask();
    clock.advance(60_001);
    await expect(late).rejects.toMatchObject({ code: "E_CLI_VERIFIER" });
  });
});
