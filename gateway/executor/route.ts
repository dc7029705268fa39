import type { ExecutorPort } from "../ports.ts";

/** An approved operation goes to what can carry it out: a call of a tool to its MCP server, everything else to FHIR. */
export function routedExecutor(to: { readonly fhir: ExecutorPort; readonly tools: ExecutorPort }): ExecutorPort {
  const by = ({ method }: Parameters<ExecutorPort["find"]>[0]["operation"]): ExecutorPort =>
    method === "tools/call" ? to.tools : to.fhir;
  return {
    execute: (input) => by(input.operation).execute(input),
    find: (input) => by(input.operation).find(input),
  };
}
