import { readdir } from "node:fs/promises";
import path from "node:path";

import { expect } from "vitest";

import type { Phase, RequestKey } from "#shared/ipc/contract.ts";

import { systemClock } from "../../electron/clock.ts";
import { arrangeAtGateway, type ArrangedWorkstation } from "./arrange-workstation.ts";
import { addGateway, enrolWith, PIN } from "./enrol-with.ts";
import type { SignedRequest } from "./hospital.ts";
import { Judge } from "./judge.ts";
import type { ScriptedGateway } from "./scripted-gateway.ts";
import { startSecondGateway } from "./start-gateway.ts";

export const DENY = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
export const keyOf = ({ claims: { iss, rid } }: SignedRequest): RequestKey => ({ iss, rid });

/** Two gateways of one hospital, and a person who is enrolled at both, locked. */
export async function arrangeAtTwoGateways() {
  const { folder, gateway: north, app } = await arrangeAtGateway();
  const elm = await startSecondGateway(systemClock(), north);
  const judges = { north: new Judge(north), elm: new Judge(elm) };
  const kid = await enrolWith(app, north);
  const second = await addGateway(app, kid, elm);
  const files = async () => (await readdir(path.join(folder, "app", "people"))).sort();
  return { folder, north, elm, judges, app, kid, second, files };
}
export type Arranged = Awaited<ReturnType<typeof arrangeAtTwoGateways>>;

export const connections = (app: ArrangedWorkstation) =>
  Object.fromEntries(app.snapshot().gateways.map(({ iss, connection }) => [iss, connection.kind]));
export const connected = (app: ArrangedWorkstation, { hospital: { iss } }: ScriptedGateway, kind = "live") =>
  connections(app)[iss] === kind ? Promise.resolve() : expect.poll(() => connections(app)[iss]).toBe(kind);

export async function signIn({ app, kid, north, elm }: Arranged): Promise<void> {
  expect(await app.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
  await connected(app, north);
  await connected(app, elm);
}

export const status = (app: ArrangedWorkstation, { claims }: SignedRequest) =>
  expect.poll(() => app.snapshot().rows.find(({ key }) => key.rid === claims.rid)?.status.kind);

export async function issue(t: Arranged): Promise<{ atNorth: SignedRequest; atElm: SignedRequest }> {
  const made = { atNorth: t.judges.north.issue(), atElm: t.judges.elm.issue() };
  for (const one of Object.values(made)) await status(t.app, one).toBe("pending");
  return made;
}

export const deny = async ({ app }: Arranged, request: SignedRequest) => {
  await app.ask("open_review", { key: keyOf(request) });
  return app.ask("decide", { key: keyOf(request), rev: 1, digest: request.digest, choice: DENY });
};

export const people = (app: ArrangedWorkstation) =>
  (app.snapshot().phase as Extract<Phase, { kind: "locked" }>).people.map(({ name, gateways }) => ({ name, gateways }));
