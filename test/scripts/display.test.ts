import { describe, expect, test } from "vitest";
import { hasDisplay, xauthority } from "../../scripts/display.mjs";

describe("a display", () => {
  test.each([
    [{ DISPLAY: ":0" }, true],
    [{ WAYLAND_DISPLAY: "wayland-0" }, true],
    [{ DISPLAY: "" }, false],
    [{}, false],
  ])("on Linux is what the environment names: %o", (env, expected) => {
    expect(hasDisplay(env, "linux")).toBe(expected);
  });
  test("is always there on macOS and Windows", () => {
    expect(hasDisplay({}, "darwin")).toBe(true);
    expect(hasDisplay({}, "win32")).toBe(true);
  });
  test("of our own is opened by one cookie, laid out as libXau reads it", () => {
    const file = xauthority(Uint8Array.from({ length: 16 }, (_, index) => index));
    const name = Buffer.from("MIT-MAGIC-COOKIE-1").toString("hex");
    const fields = ["ffff", "0000", "0000", "0012", name, "0010", "000102030405060708090a0b0c0d0e0f"];
    expect(file.toString("hex")).toBe(fields.join(""));
  });
});
