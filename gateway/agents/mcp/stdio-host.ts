import type { Readable, Writable } from "node:stream";

import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema, type JSONRPCMessage, type MessageExtraInfo } from "@modelcontextprotocol/sdk/types.js";

import { parseFhir } from "#shared/protocol/strict-json.ts";

/** Longest line: a call's arguments have to fit a request anyway. */
const LONGEST = 1024 * 1024;
const PARSE_ERROR = { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } };

/**
 * The server's end of MCP over stdio, for a host that started this process. As the SDK's own, but that each message comes
 * with its exact text, and that a line which is no message is answered.
 */
export class StdioHost implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
  readonly #input: Readable;
  readonly #output: Writable;
  #rest = "";

  constructor(input: Readable, output: Writable) {
    [this.#input, this.#output] = [input, output];
  }

  start(): Promise<void> {
    this.#input.setEncoding("utf8");
    this.#input.on("data", this.#onData);
    this.#input.once("end", this.#onEnd);
    this.#input.once("close", this.#onEnd);
    this.#output.on("error", this.#onEnd);
    return Promise.resolve();
  }

  readonly #onEnd = (): void => void this.close();

  readonly #onData = (chunk: string): void => {
    this.#rest += chunk;
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#take(line);
    if (this.#rest.length > LONGEST) void this.close();
  };

  #take(text: string): void {
    try {
      parseFhir(text);
      const message = JSONRPCMessageSchema.parse(JSON.parse(text));
      this.onmessage?.(message, { authInfo: { token: "", clientId: "", scopes: [], extra: { exact: { text } } } });
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error("It is no message."));
      this.#output.write(`${JSON.stringify(PARSE_ERROR)}\n`);
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((sent, failed) => {
      this.#output.write(`${JSON.stringify(message)}\n`, (error) => {
        if (error) failed(error);
        else sent();
      });
    });
  }

  close(): Promise<void> {
    this.#input.off("data", this.#onData);
    this.#input.pause();
    const tell = this.onclose;
    delete this.onclose;
    tell?.();
    return Promise.resolve();
  }
}
