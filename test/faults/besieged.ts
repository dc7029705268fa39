import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "vitest";

import type { RequestClaims } from "../blackbox/objects.ts";
import type { Person } from "../blackbox/person.ts";
import type { Members } from "../blackbox/signed.ts";
import type { Message, Socket } from "../blackbox/socket.ts";
import { checkServing, checkStopped, type Came } from "./everywhere.ts";
import { openSite, type Site, type SiteOptions } from "./site.ts";

const OUTWARD = path.join(import.meta.dirname, "outward.mjs");
const DECISIONS = "/countersign/v1/decisions";

/** What the gateway counted so far, by the name of a figure with its labels. */
export type Figures = ReadonlyMap<string, number>;
export const refusals = (door: string, code: string): string =>
  `countersign_refusals_total{door="${door}",code="${code}"}`;
const ENTRIES = "countersign_log_entries";
const APPROVED: Came = { decision: "approve", state: "completed" };

/** Somebody with a key of this hospital and a session, who sends what they like about a request that is open. */
export interface Attacker {
  readonly person: Person;
  readonly socket: Socket;
  /** The request as it came. */
  readonly jws: string;
  readonly claims: RequestClaims;
}

/** What a row leaves behind, where that is something. */
interface Left {
  /** Entries of the log. */
  readonly entries?: number;
  /** What came of the request, where the attacker may decide it. */
  readonly came?: Came;
}

/** One gateway process that many rows are sent to. It publishes its figures, and whom it calls is written down. */
export interface Besieged {
  readonly site: Site;
  address(): string;
  url(place: string): string;
  figures(): Promise<Figures>;
  /** Every name that the gateway looked up and every connection it opened. */
  outward(): readonly string[];
  /** A new session of somebody, with what they are asked. */
  session(person: Person, rid: string): Promise<Attacker>;
  /** A decision by HTTPS, from nobody. */
  post(jws: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** A body at the agents' door under a good assertion, unless another is given. */
  ask(body: string | Uint8Array, more?: Readonly<Record<string, string>>): Promise<string>;
  /**
   * A row: a request is open, `attack` is carried out by somebody with a key of their own (what a key is suspended for
   * stays within a row), and nothing of it is in the log but so many entries. Then the gateway is asked for what it is
   * there for, by the workstation that sat through it, and the invariants are checked.
   */
  withstands(attack: (attacker: Attacker) => Promise<void>, left?: Left): Promise<void>;
  /** The invariants that need the gateway stopped. */
  close(): Promise<void>;
}

export async function besiege(options: SiteOptions = {}): Promise<Besieged> {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-outward-"));
  const file = path.join(folder, "outward");
  const site = await openSite({
    ...options,
    config: { metrics: { port: 0 }, ...options.config },
    env: { NODE_OPTIONS: `--import=${OUTWARD}`, COUNTERSIGN_TEST_OUTWARD: file, ...options.env },
  });
  const { hospital, app } = site;
  let attackers = 0;
  const url = (place: string): string => String(site.serving.line["url"]) + place;
  const address = (): string => String(site.serving.line["ws_url"]);

  const figures: Besieged["figures"] = async () => {
    const text = await (await fetch(String(site.serving.line["metrics_url"]))).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
    );
  };

  const session: Besieged["session"] = async (person, rid) => {
    const { socket } = await person.connect(address());
    await socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
    const isIt = (message: Message): boolean =>
      message.type === "action.pending" && person.request(message).claims.rid === rid;
    return { person, socket, ...person.request(await socket.next(isIt)) };
  };

  return {
    ...{ site, address, url, figures, session },
    outward: () => (existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : []),
    async post(body, headers = { "content-type": "application/countersign-decision+jwt" }) {
      const res = await fetch(url(DECISIONS), { method: "POST", headers, body: body as string });
      const text = await res.text();
      return text.startsWith("{") ? `${String(res.status)} ${String((JSON.parse(text) as Members)["code"])}` : text;
    },
    async ask(body, more = {}) {
      const authorization = `Bearer ${hospital.agent.assertion("POST", body)}`;
      const headers = { authorization, "content-type": "application/json", ...more };
      const res = await fetch(url("/countersign/v1/requests"), { method: "POST", headers, body: body as string });
      const said = /"code":"(E_\w+)"/.exec(await res.text())?.[1] ?? "";
      return `${String(res.status)} ${said}`;
    },
    async withstands(attack, { entries = 0, came = APPROVED } = {}) {
      const rid = await site.raise();
      await site.row(rid, "pending");
      const attacker = await session(await hospital.enrol(`mallory-${String(++attackers)}`), rid);
      const pid = site.serving.line["pid"];
      const writes = hospital.record.writes.length;
      const before = (await figures()).get(ENTRIES) ?? NaN;
      await attack(attacker);
      expect((await figures()).get(ENTRIES)).toBe(before + entries);
      attacker.socket.close();
      await site.live();
      if (came.by === undefined) {
        expect(await site.approve(rid)).toMatchObject({ ok: true });
        await site.row(rid, "executed");
      }
      await checkServing(site, new Map([[rid, came]]), writes);
      expect([site.serving.line["pid"], app.snapshot().gateways[0]?.refused ?? {}]).toEqual([pid, {}]);
    },
    async close() {
      await checkStopped(site);
      await site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
