import path from "node:path";

import { expect, onTestFinished } from "vitest";

import type { AppEvent, ReviewData } from "#shared/ipc/contract.ts";

import { createGateway, type Gateway } from "../../gateway/index.ts";
import { PIN } from "../electron/approval.ts";
import { arrangeWorkstation, type ArrangedWorkstation } from "../electron/arrange-workstation.ts";
import { makeTemporaryFolder } from "../electron/temporary-folder.ts";
import { askPolicy, FHIR, makeAgent, makeDraft } from "../gateway/world.ts";

const SUB = "https://directory.countersign.localhost/approvers/okafor";
const GATHERED = {
  patient: {
    ref: "Patient/p-104" as const,
    name: "EXAMPLE, Ruth (Mrs)",
    family: "Example",
    given: ["Ruth"],
    birthDate: "1951-03-09",
    mrn: "SYN-104-77",
    sex: "female",
  },
  facts: [{ id: "f1", src: "ehr" as const, sev: "high", code: "allergies", text: "None recorded", ack: true }],
  checks: [],
};

/** @param also another gateway of the same hospital: its issuer, its name and the directory that vouches for it */
export async function startGateway(
  data: string,
  policy: Parameters<typeof askPolicy>[0],
  port = 0,
  also: { readonly issuer?: string; readonly name?: string; readonly directory?: string } = {},
): Promise<Gateway> {
  const gateway = await createGateway({
    data,
    fhir: FHIR,
    name: "Northgate Hospital",
    ...also,
    agents: [makeAgent()],
    pools: ["cardiology"],
    policy: askPolicy(policy),
    facts: { gather: async () => GATHERED },
    executor: {
      execute: async () => ({ kind: "done", status: 201, location: `${FHIR}/MedicationRequest/55`, body: "{}" }),
      find: async () => ({ kind: "unknown", why: "not asked" }),
    },
    listen: { port },
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

export async function arrange(
  policy: Parameters<typeof askPolicy>[0] = { hold_s: 1 },
  roles: readonly string[] = ["Consultant"],
) {
  const folder = await makeTemporaryFolder();
  const data = path.join(folder, "gateway");
  const gateway = await startGateway(data, policy);
  gateway.authority!.putApprover({
    sub: SUB,
    name: "OKAFOR, Amara (Dr)",
    reg_no: "0000001",
    pools: ["cardiology"],
    roles: [...roles],
  });
  const app = arrangeWorkstation(path.join(folder, "app"));
  await app.workstation.start();
  return { folder, data, gateway, app };
}
type Arranged = Awaited<ReturnType<typeof arrange>>;

export async function enrol({ gateway, app }: Pick<Arranged, "gateway" | "app">): Promise<string> {
  const authority = gateway.authority!;
  const { ticket, code } = authority.issueTicket({
    sub: SUB,
    by: "https://admin.example/1",
    ws_endpoint: gateway.wsUrl,
  });
  const input = { ticket: JSON.stringify(ticket), code, pin: PIN, key_store: "software" as const };
  expect(await app.ask("enrol_begin", input)).toEqual({ ok: true, value: null });
  const shown = await app.enrolment("check_words");
  const [waiting] = authority.pending();
  const phase = (shown as Extract<AppEvent, { kind: "snapshot" }>).snapshot.phase;
  expect(phase).toMatchObject({ enrolment: { words: waiting!.words } });
  authority.confirm(waiting!.ticket_id, "https://admin.example/2");
  await app.enrolment("done");
  await app.ask("enrol_cancel", undefined);
  await app.phase("locked");
  const locked = app.snapshot().phase;
  if (locked.kind !== "locked") throw new Error("not locked");
  expect(locked.people).toMatchObject([{ name: "OKAFOR, Amara (Dr)", reg_no: "0000001", key_storage: "software" }]);
  return locked.people[0]!.kid;
}

export async function live(app: ArrangedWorkstation): Promise<void> {
  if (app.snapshot().gateways[0]?.connection.kind === "live") return;
  await app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "live");
}

export async function review(app: ArrangedWorkstation, rid: string, iss: string): Promise<ReviewData> {
  const opened = await app.ask("open_review", { key: { iss, rid } });
  if (!opened.ok) throw new Error(opened.error.code);
  return opened.value;
}

export async function raise(gateway: Gateway, task = "task-1"): Promise<string> {
  const raised = await gateway.request(makeDraft({ task: { id: task, goal: "Restart anticoagulation" } }));
  if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
  return raised.rid;
}
