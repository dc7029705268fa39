import path from "node:path";
import type { Page } from "@playwright/test";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { APP_SCHEME } from "#shared/ipc/channels.ts";

import { identities } from "../../../demo/agents/identities.ts";
import { clinician } from "../../../demo/compose.ts";
import { startFhirServer } from "../../../demo/fhir/server.ts";
import { demoPolicy } from "../../../demo/policy.ts";
import { record } from "../../../demo/record/record.ts";
import { routineRefill } from "../../../demo/scenarios/medication.ts";
import { appArguments } from "../../../demo/tour/app.ts";
import { beginEnrolment, queueIsOpen, signIn } from "../../../demo/tour/screens.ts";
import { createGateway, type RegisteredAgent } from "../../../gateway/index.ts";
import { startCache } from "./cache.ts";
import { wallMs } from "./latency.ts";
import { startElectron, type Started } from "./started.ts";

/** The real app, enrolled at a real gateway. */
export interface Workplace {
  /** Raises requests, routine repeats, until `count` more are open. */
  raise(count: number, onEach?: (raised: number) => void): Promise<void>;
  /** Raises one more, and resolves to the wall time in milliseconds of its commit. */
  raiseTimed(): Promise<number>;
  /** Starts the app; it stands on its locked screen. */
  start(): Promise<Started>;
  /** @returns milliseconds from the press on "Sign in" to the queue with all that waits in it */
  signIn(app: Started): Promise<number>;
  close(): Promise<void>;
}

const AT_ONCE = 16;
const ADMINISTRATORS = ["https://directory.countersign.localhost/a/1", "https://directory.countersign.localhost/a/2"];

export async function openWorkplace(folder: string): Promise<Workplace> {
  const fhir = await startFhirServer({ port: 0, seed: [...record] as never });
  const cache = await startCache(fhir.baseUrl);
  const agent = registered();
  const gateway = await createGateway({
    data: path.join(folder, "gateway"),
    fhir: cache.baseUrl,
    name: "Northgate Hospital",
    pools: ["clinicians"],
    policy: { files: demoPolicy },
    agents: [agent],
  });
  const { authority } = gateway;
  if (authority === undefined) throw new Error("no directory to enrol with");
  const args = appArguments({ profile: path.join(folder, "profile"), args: ["--countersign-demo=on"] });
  let raised = 0;

  const [ask] = routineRefill.asks({ fhirBase: cache.baseUrl, today: "2026-11-24" });
  if (ask === undefined) throw new Error("no request to raise");
  const raiseOne = async (): Promise<void> => {
    const number = String(raised++);
    const answer = await gateway.request({
      ...ask,
      agent: agent.sub,
      task: { id: `repeat-${number}`, goal: "Keep repeat prescriptions running" },
      idempotency_key: `bench-${number}`,
      expires_in: 4 * 3600,
    });
    if (answer.kind !== "pending") throw new Error(`the gateway said ${answer.kind}`);
  };
  const start = (): Promise<Started> => startElectron(args, `${APP_SCHEME}:`, "h1");

  async function enrol(): Promise<void> {
    if (authority === undefined) return;
    const { pin, ...person } = clinician;
    authority.putApprover({ ...person, pools: [...person.pools], roles: [...person.roles] });
    const { ticket, code } = authority.issueTicket({
      sub: person.sub,
      by: ADMINISTRATORS[0] ?? "",
      ws_endpoint: gateway.wsUrl,
    });
    const app = await start();
    await beginEnrolment(app.page, { ticket: JSON.stringify(ticket), code, pin });
    authority.confirm(authority.pending()[0]?.ticket_id ?? "", ADMINISTRATORS[1] ?? "");
    await app.page.getByRole("button", { name: "Go to sign-in" }).click();
    await app.page.getByLabel("PIN", { exact: true }).waitFor();
    await app.stop();
  }

  await enrol();
  return {
    async raise(count, onEach) {
      const last = raised + count;
      const worker = async (): Promise<void> => {
        while (raised < last) {
          await raiseOne();
          onEach?.(raised);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    },
    async raiseTimed() {
      const committed = Promise.withResolvers<number>();
      const stop = gateway.core.feed.onEvents(() => committed.resolve(wallMs()));
      await raiseOne();
      stop();
      return await committed.promise;
    },
    start,
    async signIn({ page }) {
      const from = performance.now();
      await signIn(page, clinician.pin);
      await queueIsOpen(page);
      await listed(page, raised);
      return performance.now() - from;
    },
    async close() {
      await gateway.close();
      await cache.close();
      await fhir.close();
    },
  };
}

/** Waits until the queue says that it holds so many. */
export async function listed(page: Page, count: number): Promise<void> {
  const total = `${count.toLocaleString("en-GB")} ${count === 1 ? "request" : "requests"}`;
  const said = count === 0 ? page.getByText("Nothing needs you.") : page.getByText(total, { exact: true });
  await said.waitFor({ timeout: 600_000 });
}

function registered(): RegisteredAgent {
  const { kid, jwk } = makeSigner(generateKey("ES256"));
  const { kty, crv, x, y, alg } = jwk;
  return {
    ...identities["medication-reconciliation"],
    keys: [{ kty, crv, x, ...(y === undefined ? {} : { y }), alg, kid }],
  };
}
