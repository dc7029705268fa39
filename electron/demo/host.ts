import type { Lesson, ScenarioEntry } from "#shared/ipc/contract.ts";
import { scenarioList, type HostedScenario } from "#shared/ipc/scenarios.ts";
import { CountersignError } from "#shared/protocol/error.ts";

/** The demonstration around the app: its menu, and the answers that are told afterwards (approval-experience.md S13). */
export interface DemoHost {
  readonly scenarios: readonly ScenarioEntry[];
  /** The agents ask. @throws CountersignError `E_CLI_NOT_FOUND`, `E_CLI_OFFLINE` */
  run(id: string): Promise<void>;
  /** A request of this task is on the screen: what is to happen while it is read begins. */
  opened(task: string): void;
  lessonOf(task: string): Lesson | undefined;
}

/** Every app that is not a demonstration, and one that was started without agents. */
export const NO_HOST: DemoHost = {
  scenarios: [],
  run: () => Promise.reject(new CountersignError("E_CLI_NOT_FOUND")),
  opened: () => undefined,
  lessonOf: () => undefined,
};

/** @throws CountersignError `E_CLI_INPUT` (not on this computer, or another list than was agreed), `E_CLI_OFFLINE` */
export async function joinHost(address: string): Promise<DemoHost> {
  const base = parseHost(address);
  const ask = async (method: "GET" | "POST", path: string): Promise<Response> => {
    try {
      const response = await fetch(new URL(path, base), { method });
      if (response.ok) return response;
    } catch (cause) {
      throw new CountersignError("E_CLI_OFFLINE", "The demonstration's agents do not answer.", { cause });
    }
    throw new CountersignError("E_CLI_NOT_FOUND");
  };
  const listed = scenarioList.safeParse(await (await ask("GET", "scenarios")).json());
  if (!listed.success) throw new CountersignError("E_CLI_INPUT", "The demonstration's scenarios cannot be read.");
  const byTask = new Map<string, HostedScenario>();
  for (const one of listed.data) for (const task of one.tasks) byTask.set(task, one);
  return {
    scenarios: listed.data.map(({ id, title }) => ({ id, title })),
    async run(id) {
      await ask("POST", `run/${encodeURIComponent(id)}`);
    },
    opened(task) {
      const id = byTask.get(task)?.id;
      // Nobody waits for what may happen then; a host that is gone makes nothing happen.
      if (id !== undefined) ask("POST", `opened/${encodeURIComponent(id)}`).catch(() => undefined);
    },
    lessonOf(task) {
      const found = byTask.get(task);
      return found && { answer: found.answer, why: found.why };
    },
  };
}

/** SECURITY: the demonstration speaks to no other computer (S13). */
function parseHost(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" && url.hostname === "127.0.0.1") return url;
  throw new CountersignError("E_CLI_INPUT", "The demonstration's host is not on this computer.");
}
