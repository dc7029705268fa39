import type { Command } from "./command.ts";

/**
 * Every command by its name, in the order of the overview. Each is loaded when it is run: `gateway state` need not wait
 * for the whole gateway to load.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  "directory init": async () => (await import("./directory-init.ts")).directoryInit,
  "directory vouch": async () => (await import("./directory-vouch.ts")).directoryVouch,
  "directory ticket": async () => (await import("./directory-ticket.ts")).directoryTicket,
  "directory confirm": async () => (await import("./directory-confirm.ts")).directoryConfirm,
  "directory list": async () => (await import("./directory-list.ts")).directoryList,
  "directory key": async () => (await import("./directory-list.ts")).directoryKey,
  "directory revoke": async () => (await import("./directory-stop.ts")).directoryRevoke,
  "directory suspend": async () => (await import("./directory-stop.ts")).directorySuspend,
  "directory reinstate": async () => (await import("./directory-stop.ts")).directoryReinstate,
  "directory sign": async () => (await import("./directory-sign.ts")).directorySign,
  "gateway init": async () => (await import("./gateway-init.ts")).gatewayInit,
  "gateway register": async () => (await import("./gateway-register.ts")).gatewayRegister,
  "gateway rotate": async () => (await import("./gateway-rotate.ts")).gatewayRotate,
  "gateway serve": async () => (await import("./gateway-serve.ts")).gatewayServe,
  "gateway adapter": async () => (await import("./gateway-adapter.ts")).gatewayAdapter,
  "gateway backup": async () => (await import("./gateway-backup.ts")).gatewayBackup,
  "gateway restore": async () => (await import("./gateway-restore.ts")).gatewayRestore,
  "gateway raise": async () => (await import("./gateway-raise.ts")).gatewayRaise,
  "gateway state": async () => (await import("./gateway-raise.ts")).gatewayState,
  "gateway withdraw": async () => (await import("./gateway-raise.ts")).gatewayWithdraw,
  "gateway tools": async () => (await import("./gateway-tools.ts")).gatewayTools,
  "gateway accept": async () => (await import("./gateway-tools.ts")).gatewayAccept,
  "gateway retention": async () => (await import("./gateway-retention.ts")).gatewayRetention,
  "gateway bundle": async () => (await import("./gateway-raise.ts")).gatewayBundle,
  "agent key": async () => (await import("./agent-key.ts")).agentKey,
  "agent list": async () => (await import("./agent-report.ts")).agentList,
  "agent report": async () => (await import("./agent-report.ts")).agentReport,
  "agent halt": async () => (await import("./agent-halt.ts")).agentHalt,
  "agent resume": async () => (await import("./agent-halt.ts")).agentResume,
  "agent disable": async () => (await import("./agent-disable.ts")).agentDisable,
  "evidence list": async () => (await import("./evidence.ts")).evidenceList,
  "evidence retry": async () => (await import("./evidence.ts")).evidenceRetry,
  "evidence give-up": async () => (await import("./evidence.ts")).evidenceGiveUp,
  "policy new": async () => (await import("./policy-new.ts")).policyNew,
  "policy check": async () => (await import("./policy-check.ts")).policyCheck,
  "policy test": async () => (await import("./policy-test.ts")).policyTest,
  "policy explain": async () => (await import("./policy-explain.ts")).policyExplain,
  "policy simulate": async () => (await import("./policy-simulate.ts")).policySimulate,
  "policy publish": async () => (await import("./policy-publish.ts")).policyPublish,
  mcp: async () => (await import("./mcp.ts")).mcp,
  verify: async () => (await import("./verify.ts")).verify,
  conformance: async () => (await import("./conformance.ts")).conformance,
  "log verify": async () => (await import("./log-verify.ts")).logVerify,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The command that `args` begin with, loaded; undefined when there is none. */
export async function findCommand(args: readonly string[]): Promise<Command | undefined> {
  const name = COMMAND_NAMES.find((known) => known.split(" ").every((word, i) => args[i] === word));
  return name === undefined ? undefined : await COMMANDS[name]?.();
}

/** Every command, or those of a group such as `directory`. */
export async function commandsOf(group?: string): Promise<readonly Command[]> {
  const loaders = Object.entries(COMMANDS).filter(([name]) => group === undefined || name.startsWith(`${group} `));
  return await Promise.all(loaders.map(([, load]) => load()));
}
