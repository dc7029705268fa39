import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Page } from "@playwright/test";

import { clinician, composeDemo } from "../compose.ts";
import { launchApp } from "./app.ts";
import { checkEvidence, checkRecord } from "./evidence.ts";
import { makeCamera } from "./camera.ts";
import { beginEnrolment, queueIsOpen, signIn } from "./screens.ts";
import { STEPS, type Tour } from "./steps.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * The guided tour: the real app on a display, driven through its real screens against a real gateway, real agents and a
 * real FHIR server. Leaves bundles, the directory's key and screenshots in `output`. Returns 0 only when every step was
 * verified and the FHIR server received exactly the approved bytes.
 */
export async function runTour({ state, output }: { readonly state: string; readonly output: string }): Promise<number> {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(path.join(output, "bundles"), { recursive: true });
  const profile = path.join(state, "profile");
  rmSync(profile, { recursive: true, force: true });
  const agentLines: string[] = [];
  const demo = await composeDemo({ state, onAgent: (name, line) => agentLines.push(`${name} ${line}`) });
  const { app, page, complaints, close } = await launchApp({ profile, args: ["--countersign-demo=on"] });
  const camera = makeCamera(page, path.join(output, "screenshots"));
  const tour: Tour = { demo, page, app, camera, say };
  let failed = 0;
  try {
    await enrol(tour);
    for (const { title, run } of STEPS) {
      try {
        say(`ok    ${title}: ${await run(tour)}`);
      } catch (error) {
        failed++;
        await camera.take(`failed-${String(failed)}`);
        say(`FAIL  ${title}: ${error instanceof Error ? error.message : String(error)}`);
        say(await seen(page));
        break;
      }
    }
    writeFileSync(path.join(output, "directory.jwk.json"), JSON.stringify(demo.directoryKey));
    failed += await checkEvidence(demo, output, say);
    failed += checkRecord(demo, say);
    if (complaints.length > 0) {
      failed++;
      say(`FAIL  the page complained: ${complaints.slice(0, 5).join(" | ")}`);
    }
  } catch (error) {
    failed++;
    await camera.take("failed").catch(() => undefined);
    say(`FAIL  ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (failed > 0) for (const line of agentLines.slice(-12)) say(`      ${line}`);
    await close();
    await demo.close();
  }
  say(failed === 0 ? "tour: every step verified" : `tour: ${String(failed)} failed`);
  return failed === 0 ? 0 : 1;
}

/** What stood on the screen, as a screen reader would be told it: a failure is rarely understood without. */
async function seen(page: Page): Promise<string> {
  const snapshot = await page
    .locator("body")
    .ariaSnapshot({ timeout: 5_000 })
    .catch((error: unknown) => `the page does not answer: ${String(error)}`);
  return snapshot.replaceAll(/^/gm, "      ");
}

async function enrol({ demo, page, camera, say: tell }: Tour): Promise<void> {
  await camera.take("set-up");
  const { ticket, code } = demo.issueTicket();
  const words = await beginEnrolment(page, { ticket, code, pin: clinician.pin });
  await camera.take("check-words");
  if (!demo.confirm(words)) throw new Error(`The check words differ: the screen shows ${words.join(" ")}.`);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await camera.take("locked");
  await signIn(page, clinician.pin);
  await queueIsOpen(page);
  await camera.take("queue-empty");
  tell(`ok    enrolled ${clinician.name}; the second person compared ${words.join(" ")}`);
}
