import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startVirtualDisplay } from "../../scripts/display.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";

const COOKIE_NAME = "MIT-MAGIC-COOKIE-1";

/** A connection setup (X11 protocol, section 8). */
function hello(display: string, name: string, data: Uint8Array): Socket {
  const head = Buffer.from([0x6c, 0, 11, 0, 0, 0, name.length, 0, data.length, 0, 0, 0]);
  const pad = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const socket = connect(`/tmp/.X11-unix/X${display.slice(1)}`);
  socket.write(Buffer.concat([head, pad(Buffer.from(name)), pad(data)]));
  return socket;
}

/** The X server's answer to a setup: 0 refused, 1 accepted, 2 more wanted. */
async function answerTo(display: string, name: string, data: Uint8Array): Promise<number> {
  const socket = hello(display, name, data);
  const [bytes] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return bytes[0]!;
}

/** Seconds without input after which the server's own screen saver starts; 0 for never (GetScreenSaver, opcode 108). */
async function screenSaverS(display: string, cookie: Uint8Array): Promise<number> {
  const socket = hello(display, COOKIE_NAME, cookie);
  const GET_SCREEN_SAVER = Buffer.from([108, 0, 1, 0]);
  let received = Buffer.alloc(0);
  let setupBytes: number | undefined;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, bytes]);
    if (setupBytes === undefined && received.length >= 8) {
      setupBytes = 8 + 4 * received.readUInt16LE(6);
      socket.write(GET_SCREEN_SAVER);
    }
    if (setupBytes !== undefined && received.length >= setupBytes + 32) break;
  }
  socket.destroy();
  return received.readUInt16LE((setupBytes ?? 0) + 8);
}

describe.runIf(process.platform === "linux" && ["Xvfb", "openbox", "dbus-daemon"].every((name) => hasProgram(name)))(
  "the virtual display",
  () => {
    let display: Awaited<ReturnType<typeof startVirtualDisplay>>;
    beforeAll(async () => {
      display = await startVirtualDisplay();
    });
    afterAll(() => display.stop());

    test("opens to who has its cookie, and to nobody else", async () => {
      const cookie = readFileSync(display.env["XAUTHORITY"]!).subarray(-16);
      expect(await answerTo(display.env["DISPLAY"]!, COOKIE_NAME, cookie)).toBe(1);
      expect(await answerTo(display.env["DISPLAY"]!, COOKIE_NAME, Buffer.alloc(16))).toBe(0);
      expect(await answerTo(display.env["DISPLAY"]!, "", Buffer.alloc(0))).toBe(0);
    });

    test("never starts a screen saver, which to the app is a locked screen", async () => {
      const cookie = readFileSync(display.env["XAUTHORITY"]!).subarray(-16);
      expect(await screenSaverS(display.env["DISPLAY"]!, cookie)).toBe(0);
    });

    test("has a session bus of its own", () => {
      expect(display.env["DBUS_SESSION_BUS_ADDRESS"]).toMatch(/^unix:/);
      expect(display.env["DBUS_SESSION_BUS_ADDRESS"]).not.toBe(process.env["DBUS_SESSION_BUS_ADDRESS"]);
    });

    test("leaves nothing of a desktop session that the caller has", () => {
      expect(display.env["WAYLAND_DISPLAY"]).toBeUndefined();
      expect(display.env["DISPLAY"]).not.toBe(process.env["DISPLAY"]);
    });
  },
);
