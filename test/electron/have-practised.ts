import path from "node:path";

import { systemClock } from "../../electron/clock.ts";
import { makePractised } from "../../electron/practice/practised.ts";

/** Whoever has just enrolled with this key has the practice behind them: what a test is about comes after it. */
export async function havePractised(profile: string, kid: string): Promise<void> {
  const who = { enrolment: { kid, directory_iss: "https://directory.example" }, claims: { sub: kid } };
  await makePractised(path.join(profile, "people"), systemClock()).keep(who, true);
}
