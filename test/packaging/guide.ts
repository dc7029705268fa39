import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { Person, type Live, type Ticket } from "../blackbox/person.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** What docs/integration.md has an engineer write and type. */
export interface Guide {
  /** Programs by the name in their first line, and `order.json`. */
  readonly files: ReadonlyMap<string, string>;
  /** Commands in their order, of each kind of block. */
  commands(kind: "sh" | "sh person" | "sh after"): readonly string[];
}

export function readGuide(): Guide {
  const text = readFileSync(path.join(ROOT, "docs/integration.md"), "utf8");
  const blocks = [...text.matchAll(/^```(\S.*)\n([^]*?)^```$/gm)].map(([, info = "", body = ""]) => ({ info, body }));
  const files = blocks
    .filter(({ info }) => info === "js" || info === "json")
    .map(({ info, body }) => [info === "json" ? "order.json" : (/^\/\/ (\S+)/.exec(body)?.[1] ?? ""), body] as const);
  return {
    files: new Map(files),
    commands: (kind) => blocks.filter(({ info }) => info === kind).flatMap(({ body }) => body.trim().split("\n")),
  };
}

export interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

const environment = ({ env }: Project): NodeJS.ProcessEnv => ({ ...process.env, ...env });

/** A command of the guide in a shell, `npx countersign` being what npm would have linked. */
export async function type(project: Project, command: string): Promise<{ out: string; err: string }> {
  const cli = `"${process.execPath}" node_modules/countersign/lib/cli.js`;
  const line = command.replace("npx countersign", cli);
  const { stdout, stderr } = await promisify(execFile)("sh", ["-ec", line], {
    cwd: project.folder,
    env: environment(project),
  });
  return { out: stdout, err: stderr };
}

export function write(project: Project, { files }: Guide): void {
  for (const [name, text] of files) writeFileSync(path.join(project.folder, name), text);
}

export interface Started {
  readonly child: ChildProcess;
  /** The next line that it prints. @throws Error with what it complained of when it ends instead */
  line(): Promise<string>;
}

export function start(project: Project, file: string): Started {
  const child = spawn(process.execPath, [file], { cwd: project.folder, env: environment(project) });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`${file} ended: ${complaint}`);
      return next.value;
    },
  };
}

export async function stop({ child }: Started): Promise<number | null> {
  const ended = once(child, "close");
  child.kill("SIGTERM");
  return (await ended)[0] as number | null;
}

/** The person opens the ticket, types the code, and reads the words to the second person, who types the guide's command. */
export async function enrol(
  project: Project,
  printed: string,
  confirm: string,
): Promise<{ person: Person; live: Live }> {
  const ticket = JSON.parse(readFileSync(path.join(project.folder, "lee.ticket.json"), "utf8")) as Ticket;
  const code = /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(printed)?.[0] ?? "";
  const words = JSON.parse(readFileSync(path.join(ROOT, "shared/protocol/check-words.json"), "utf8")) as string[];
  const person = await Person.enrol({ ticket, code, words }, async (read) => {
    await type(project, `${confirm.replace("TICKET", ticket.ticket_id)} --words "${read}"`);
  });
  const live = await person.connect(ticket.ws_endpoint);
  await live.socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor: null, credit: 256 });
  await live.socket.next("snapshot.end");
  return { person, live };
}
