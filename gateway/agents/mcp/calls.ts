import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode, type ErrorCode } from "#shared/protocol/registry.ts";

import type { Raised } from "../../core.ts";
import type { RegisteredAgent, RequestDraft } from "../../ports.ts";
import type { AllowedChanges } from "../../executor/allowed.ts";
import type { AllowedAct } from "../../requests/allowed-act.ts";
import { toolUrl } from "../../requests/tool-url.ts";
import { contextFromText, makeDraft } from "../draft.ts";
import type { Handles } from "../handle.ts";
import type { DoorCore } from "../intercept.ts";
import { readRecord, type ReadSide } from "../reads.ts";
import { isFinal, taskView } from "../task-view.ts";
import type { Allowed } from "./allowed.ts";
import { carriedOut, ended, parked, recordAnswer, refusal } from "./answers.ts";
import type { Catalogue, GuardedTool } from "./catalogue.ts";
import type { Tools } from "./executor.ts";
import { mapCall, type ToolMapping } from "./mapping.ts";
import { OWN_TOOLS } from "./names.ts";
import type { Patience, SayProgress } from "./patience.ts";
import type { Waiting } from "./waiting.ts";

/** One `tools/call` of an agent, with everything as exact text. */
export interface AgentCall {
  readonly agent: RegisteredAgent;
  /** As the agent sees it. */
  readonly name: string;
  readonly argumentsText: string;
  /** Text of `_meta["countersign/context"]`. */
  readonly contextText?: string;
  /** The agent's own idempotency key. */
  readonly key?: string;
  /** Names this call in its session: what the transport repeats is not a second call. */
  readonly callId: string;
  /** Says how it stands; present where the caller gave a progress token. */
  readonly progress?: SayProgress;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

export interface CallsOptions {
  readonly core: DoorCore;
  readonly fhirBase: string;
  readonly catalogue: Catalogue;
  readonly mapping: (server: string, tool: string) => ToolMapping | undefined;
  readonly tools: Tools;
  readonly handles: Handles;
  readonly waiting: Waiting;
  readonly allowed: Allowed;
  readonly patience: Patience;
  readonly reads: ReadSide | undefined;
  /** Carries out a change of the record that policy allows; absent: only what a person signed is changed. */
  readonly change?: AllowedChanges["run"] | undefined;
  /** SECURITY: one agent cannot flood people, protocol.md T-23, T-34. */
  readonly mayAsk: (sub: string) => boolean;
  /** Told the code of every refusal. */
  readonly onRefused?: (code: ErrorCode) => void;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Answers every call with a result or a tool error; throws only for a defect of ours. */
export type Calls = (call: AgentCall) => Promise<CallToolResult>;

/** Calls of one agent that may be open at a time. */
const MOST_OPEN = 256;

const handleArguments = z.strictObject({ handle: z.string().min(1).max(256) });

/**
 * From a tool call to its end (protocol.md 3.15): a mapped tool is its FHIR interaction, every other one is signed as
 * `tools/call`; policy allows, refuses, or a person is asked.
 */
export function makeCalls(options: CallsOptions): Calls {
  const { core, catalogue, handles, fhirBase } = options;
  const checked = makeArgumentCheck();

  async function call(asked: AgentCall): Promise<CallToolResult> {
    if (asked.name === OWN_TOOLS.result) return await outcomeOf(asked, own(asked));
    if (asked.name === OWN_TOOLS.withdraw) return withdraw(asked, own(asked));
    const tool = catalogue.shown().get(asked.name);
    if (tool === undefined) throw unknown(asked.name);
    checked(tool, asked.argumentsText);
    const mapping = options.mapping(tool.server, tool.definition.name);
    if (mapping === undefined) return await guarded(asked, tool);
    const mapped = mapCall(mapping, asked.argumentsText, fhirBase);
    if (mapped.kind === "read") return await read(asked, mapped.target);
    return await ask(asked, { ...mapped.operation });
  }

  async function guarded(asked: AgentCall, { server, definition }: GuardedTool): Promise<CallToolResult> {
    const url = toolUrl(server, definition.name);
    return await ask(asked, { method: "tools/call", url, media: "application/json", body: asked.argumentsText });
  }

  async function ask(asked: AgentCall, operation: RequestDraft["operation"]): Promise<CallToolResult> {
    const { agent, key, callId } = asked;
    const context = asked.contextText === undefined ? {} : contextFromText(asked.contextText);
    const own = key ?? context.idempotency_key;
    const draft = makeDraft(agent, operation, context, own ?? `mcp:${callId}`);
    if (!options.mayAsk(agent.sub)) throw new CountersignError("E_RATE");
    const raise = (): Promise<Raised> => core.raise(draft);
    const raised = await (own === undefined ? options.waiting.join(draft, raise) : raise());
    switch (raised.kind) {
      case "pending":
        return await outcomeOf(asked, raised.rid);
      case "refused": {
        const later = raised.retry_after_s;
        const when = later === undefined ? "" : ` Ask again in ${String(later)} s at the earliest.`;
        throw new CountersignError(isErrorCode(raised.code) ? raised.code : "E_POL_REFUSED", raised.reason + when);
      }
      case "allowed":
        return await allowed(asked, raised.act, own);
      default:
        return raised satisfies never;
    }
  }

  async function allowed(
    { agent, progress }: AgentCall,
    act: AllowedAct,
    key: string | undefined,
  ): Promise<CallToolResult> {
    const { method, url, body } = act.op;
    if (method !== "tools/call") {
      if (options.change === undefined) {
        throw new CountersignError("E_POL_REFUSED", "This gateway changes the record only with a person's signature.");
      }
      const result = await options.change(act);
      if (result.kind === "done" || result.kind === "refused") return recordAnswer(result);
      throw new CountersignError(result.kind === "unknown" ? "E_EXEC_UNKNOWN" : "E_UPSTREAM", result.why);
    }
    return await options.allowed.run({ agent: agent.sub, key, name: url, url, body, target: url }, async () =>
      carriedOut(
        await options.tools.run(
          { url, body },
          progress === undefined ? {} : { onProgress: (word) => void progress(word).catch(() => undefined) },
        ),
      ),
    );
  }

  async function read({ agent, gone }: AgentCall, target: string): Promise<CallToolResult> {
    return recordAnswer(await readRecord(agent, target, gone, options.reads));
  }

  /** The end of a request, or how it stands when the patience is over. */
  async function outcomeOf(asked: AgentCall, rid: string): Promise<CallToolResult> {
    const view = core.status(rid);
    if (view === undefined) throw new CountersignError("E_REQ_UNKNOWN");
    const last = await options.patience.wait(view, asked);
    const task = taskView(last, options.now());
    return isFinal(task) ? ended(last, options.now()) : parked(task, handles.seal(rid), last.binding_message);
  }

  function withdraw(asked: AgentCall, rid: string): CallToolResult {
    if (!core.withdraw(rid, asked.agent.sub, "agent")) throw new CountersignError("E_REQ_TERMINAL");
    return { content: [{ type: "text", text: "The request is withdrawn. Nothing was done." }] };
  }

  /** SECURITY: another agent's request is as unknown as one that never was (no oracle). */
  function own({ agent, argumentsText }: AgentCall): string {
    const given = handleArguments.safeParse(JSON.parse(argumentsText));
    if (!given.success) throw new CountersignError("E_TOOL_ARGUMENTS", "The arguments are one text: handle.");
    const rid = handles.open(given.data.handle);
    const view = rid === undefined ? undefined : core.status(rid, agent.sub);
    if (rid === undefined || view?.claims.agent.sub !== agent.sub) throw new CountersignError("E_REQ_UNKNOWN");
    return rid;
  }

  /** Says of a tool that is there but not accepted that it is so, and nothing of its words. */
  function unknown(name: string): CountersignError {
    const refused = catalogue.all().some(({ state, definition, server }) => {
      return state !== "accepted" && [definition.name, `${server}__${definition.name}`].includes(name);
    });
    return new CountersignError(refused ? "E_TOOL_CHANGED" : "E_TOOL_UNKNOWN");
  }

  const open = new Map<string, number>();
  return async (asked) => {
    const { sub } = asked.agent;
    const mine = open.get(sub) ?? 0;
    if (mine >= MOST_OPEN) return refusal("E_RATE");
    open.set(sub, mine + 1);
    try {
      return await call(asked);
    } catch (fault) {
      if (!(fault instanceof CountersignError)) throw fault;
      options.onRefused?.(fault.code);
      return refusal(fault.code, fault.message);
    } finally {
      const left = (open.get(sub) ?? 1) - 1;
      if (left === 0) open.delete(sub);
      else open.set(sub, left);
    }
  };
}

/**
 * Against the tool's own schema, before a person is asked: nobody has to approve what the tool would refuse. A schema
 * that cannot be used is left to the tool.
 * @returns a function that throws CountersignError `E_TOOL_ARGUMENTS`
 */
function makeArgumentCheck(): (tool: GuardedTool, argumentsText: string) => void {
  type Check = ReturnType<AjvJsonSchemaValidator["getValidator"]>;
  const checks = new Map<string, Check | undefined>();
  const checkOf = ({ definition, dig }: GuardedTool): Check | undefined => {
    if (!checks.has(dig)) {
      try {
        // One compiler for each: a schema's $id must not stand for another server's.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the SDK read it as a schema; its two types differ in what may be undefined
        const schema = definition.inputSchema as Parameters<AjvJsonSchemaValidator["getValidator"]>[0];
        checks.set(dig, new AjvJsonSchemaValidator().getValidator(schema));
      } catch {
        checks.set(dig, undefined);
      }
    }
    return checks.get(dig);
  };
  return (tool, argumentsText) => {
    const result = checkOf(tool)?.(JSON.parse(argumentsText));
    if (result?.valid === false) {
      throw new CountersignError("E_TOOL_ARGUMENTS", `The arguments do not fit the tool: ${result.errorMessage}`);
    }
  };
}
