import { expect, it } from "vitest";

import { NOW } from "../../../renderer/bridge/fake/time.ts";
import { endedText } from "../../../renderer/review/status-strip.tsx";

const SUPERVISOR = "https://directory.example/approvers/lee-min";

it.each([
  ["agent-paused", "Withdrawn at 14:31 GMT by whoever stopped the agent, this type of action or everything."],
  ["agent", "Withdrawn at 14:31 GMT by the agent."],
  ["of-a-later-version", "Withdrawn at 14:31 GMT by the gateway."],
])("a request that was withdrawn (%s) says why in words, and no identifier of whoever did it", (reason, words) => {
  const text = endedText({ kind: "withdrawn", at: NOW - 60, by: SUPERVISOR, reason }, NOW, "Europe/London");
  expect(text).toBe(`${words} Nothing was signed.`);
});
