import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";

import { joinHost, NO_HOST } from "../../../electron/demo/host.ts";
import { teachAt } from "../../../electron/demo/lessons.ts";
import type { Desk, DeskEvents } from "../../../electron/requests/desk-port.ts";
import type { ReviewData } from "#shared/ipc/contract.ts";
import { makeReview } from "../../../renderer/bridge/fake/reviews.ts";
import { refill } from "../../../renderer/bridge/fake/orders.ts";

const SCENARIO = {
  id: "routine",
  title: "Routine repeat",
  tasks: [refill.task.id],
  answer: "approve",
  why: "Same medicine, same dose.",
};

async function serve(list: unknown): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ method = "", url = "" }, response) => {
    asked.push(`${method} ${url}`);
    if (url === "/s/scenarios") response.end(JSON.stringify(list));
    else response.writeHead(url.endsWith("/routine") ? 204 : 404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/s/`, asked };
}

describe("the demonstration's host", () => {
  it.each(["https://example.org/s/", "http://localhost/s/", "http://127.0.0.1.example.org/", "file:///tmp/x", ""])(
    "is on this computer or not at all: %s",
    async (url) => {
      await expect(joinHost(url)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
    },
  );

  it.each([[{}], [[{ ...SCENARIO, answer: "perhaps" }]], [[{ ...SCENARIO, more: 1 }]]])(
    "tells its scenarios as agreed or not at all: %j",
    async (list) => {
      const { url } = await serve(list);
      await expect(joinHost(url)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
    },
  );

  it("is told what to run, and gives the page no answer", async () => {
    const { url, asked } = await serve([SCENARIO]);
    const host = await joinHost(url);
    expect(host.scenarios).toEqual([{ id: "routine", title: "Routine repeat" }]);
    await host.run("routine");
    expect(asked.at(-1)).toBe("POST /s/run/routine");
    await expect(host.run("another")).rejects.toMatchObject({ code: "E_CLI_NOT_FOUND" });
  });

  it("is nobody outside the demonstration", async () => {
    await expect(NO_HOST.run("routine")).rejects.toMatchObject({ code: "E_CLI_NOT_FOUND" });
    expect(NO_HOST.lessonOf(refill.task.id)).toBeUndefined();
  });
});

describe("what a careful person does", () => {
  const waits = makeReview(refill);
  const decided = { decision: "deny", signed_at: 1, reference: "", logged: "pending", can_revoke: false } as const;
  const receipt = { ...decided, signer: { sub: "", name: "", reg_no: "", role: "" } };

  /** What the page is told of a review, as the answer to opening it and as an event. */
  async function told(review: ReviewData): Promise<readonly (ReviewData["lesson"] | undefined)[]> {
    const host = await joinHost((await serve([SCENARIO])).url);
    const shown: ReviewData[] = [];
    let events: DeskEvents | undefined;
    const desk = await teachAt(host, { onReview: (one) => void shown.push(one) } as DeskEvents, async (given) => {
      events = given;
      return { openReview: () => review } as unknown as Desk;
    });
    shown.push(desk.openReview(review.row.key));
    events?.onReview(review);
    expect(shown).toHaveLength(2);
    return shown.map(({ lesson }) => lesson);
  }

  it("stays in main while the request waits", async () => {
    expect(await told(waits)).toEqual([undefined, undefined]);
  });

  it("is told with my decision, and with a request that ended without one", async () => {
    const lesson = { answer: "approve", why: "Same medicine, same dose." };
    expect(await told({ ...waits, receipt })).toEqual([lesson, lesson]);
    const expired = { ...waits, row: { ...waits.row, status: { kind: "expired" as const, at: 1 } } };
    expect(await told(expired)).toEqual([lesson, lesson]);
  });

  it("is never told of a request that is no scenario", async () => {
    const other = { ...waits, claims: { ...waits.claims, task: { ...waits.claims.task, id: "another" } }, receipt };
    expect(await told(other)).toEqual([undefined, undefined]);
  });
});
