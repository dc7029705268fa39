import {
  commandCall,
  commands,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  type Reply,
  type WireFault,
} from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf, type ErrorCode } from "#shared/protocol/registry.ts";

import { GatewayRefusal } from "../connection/wire.ts";

/** One handler per command; may throw {@link CountersignError}, which becomes a refusal for the person. */
export type Handlers = {
  readonly [C in CommandName]: (input: CommandInput<C>) => CommandOutput<C> | Promise<CommandOutput<C>>;
};

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

const refusal = (code: ErrorCode, message = sentenceOf(code)): Reply<never> => ({
  ok: false,
  error: { code, message },
});

/** The plain form of an error, with the registry's sentence where the error brought no words of its own. */
export function faultOf(error: CountersignError): WireFault {
  const message = error.message === error.code ? sentenceOf(error.code) : error.message;
  const { pointer, fits } = error instanceof GatewayRefusal ? error.wire : {};
  return {
    ...{ code: error.code, message },
    ...(pointer === undefined ? {} : { pointer }),
    ...(fits === undefined ? {} : { fits: { from: fits.from, to: fits.to } }),
  };
}

/**
 * Parses one call and runs its handler. Everything that is not exactly a known command with an input of its schema is
 * refused with a reply, never ignored (architecture.md, boundaries 1).
 */
export async function dispatch(
  handlers: Handlers,
  raw: unknown,
  onFault: (command: string, error: unknown) => void,
): Promise<Reply<unknown>> {
  const parsed = commandCall.safeParse(raw);
  if (!parsed.success || !isCommand(parsed.data.command)) return refusal("E_CLI_INPUT");
  return run(handlers, parsed.data.command, parsed.data.input, onFault);
}

async function run(
  handlers: Handlers,
  command: CommandName,
  raw: unknown,
  onFault: (command: string, error: unknown) => void,
): Promise<Reply<unknown>> {
  const input = commands[command].safeParse(raw);
  if (!input.success) return refusal("E_CLI_INPUT");
  try {
    // The schema looked up by `command` made this input, so it is that command's: TypeScript cannot tie the two look-ups.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- proven by the parse above
    const handle = handlers[command] as (input: unknown) => unknown;
    return { ok: true, value: await handle(input.data) };
  } catch (error) {
    if (error instanceof CountersignError) return { ok: false, error: faultOf(error) };
    onFault(command, error);
    return refusal("E_INTERNAL", "This app had a fault of its own. Nothing is known to be sent.");
  }
}
