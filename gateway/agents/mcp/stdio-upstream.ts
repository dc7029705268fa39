import { spawn, type ChildProcess } from "node:child_process";

import { ReadBuffer } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";

import type { ExactArguments } from "./exact-arguments.ts";
import type { StdioServer } from "./options.ts";

/** Milliseconds a server has to end after its input was closed, and again after it was asked to. */
const END_MS = 2000;

/**
 * An MCP server that the gateway starts (MCP transports, "stdio"): one message a line. The SDK's own client transport
 * cannot send the exact text of arguments.
 * SECURITY: the server gets the environment that the configuration names and nothing of the gateway's own.
 */
export class StdioUpstream implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #server: StdioServer;
  readonly #exact: ExactArguments;
  readonly #buffer = new ReadBuffer();
  #child: ChildProcess | undefined;

  constructor(server: StdioServer, exact: ExactArguments) {
    [this.#server, this.#exact] = [server, exact];
  }

  start(): Promise<void> {
    const { command, env, cwd } = this.#server;
    const [program, ...args] = command;
    // What a server says on its standard error may be about patients: nobody keeps it.
    const child = spawn(program, args, {
      ...{ env: { ...env }, stdio: ["pipe", "pipe", "ignore"], shell: false, windowsHide: true },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#child = child;
    child.stdin.on("error", (error) => this.onerror?.(error));
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    return new Promise((started, failed) => {
      child.once("spawn", started);
      child.once("error", failed);
      child.once("close", () => {
        this.#child = undefined;
        this.onclose?.();
      });
    });
  }

  #read(chunk: Buffer): void {
    try {
      this.#buffer.append(chunk);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error("The server's answer is too long."));
      void this.close();
      return;
    }
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error instanceof Error ? error : new Error("The server's answer cannot be read."));
      }
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    const line = `${this.#exact.fill(JSON.stringify(message))}\n`;
    const input = this.#child?.stdin;
    if (!input?.writable) return Promise.reject(new Error("The server has ended."));
    return new Promise((sent, failed) => {
      input.write(line, (error) => (error ? failed(error) : sent()));
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const within = (ms: number): Promise<unknown> =>
      Promise.race([ended, new Promise((late) => setTimeout(late, ms).unref())]);
    child.stdin?.end();
    await within(END_MS);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await within(END_MS);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
    this.#buffer.clear();
  }
}
