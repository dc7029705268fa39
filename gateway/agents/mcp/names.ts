/** Members of `_meta` (MCP, "General fields") that the door reads and writes. */
export const META = {
  /** From an agent: the same key is the same request, over lost connections and restarts. 1 to 255 characters. */
  idempotency: "countersign/idempotency-key",
  /** From an agent: the context of protocol.md 3.15.1, as an object. */
  context: "countersign/context",
  /** To an agent: how a call ended or stands, `{status, reason?, code?, handle?, expires_in?}`. */
  outcome: "countersign/outcome",
  /** To a tool's server: `rid.rev` of the approved execution. */
  execution: "countersign/execution-id",
  /** To a tool's server: the task's token (RFC 9068), bound to these arguments. */
  token: "countersign/token",
} as const;

/** The gateway's own tools. There is none by which an agent decides, approves or changes policy (protocol.md 3.15). */
export const OWN_TOOLS = { result: "countersign_result", withdraw: "countersign_withdraw" } as const;

/** Streamable HTTP endpoint. */
export const MCP_PATH = "/countersign/v1/mcp";
