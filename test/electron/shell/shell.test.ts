import { describe, expect, it } from "vitest";

import { appProtocol } from "../../../electron/shell/app-protocol.ts";
import { deepLinkIn, parseDeepLink } from "../../../electron/shell/deep-link.ts";
import { MIN_SIZE, placeWindow } from "../../../electron/shell/window-bounds.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const files = new Map([
  ["/index.html", { media: "text/html; charset=utf-8", bytes: bytes(`<script nonce="{{nonce}}"></script>`) }],
  ["/assets/a.js", { media: "text/javascript; charset=utf-8", bytes: bytes("1") }],
]);

describe("the app's own protocol", () => {
  let count = 0;
  const serve = appProtocol(files, () => `n${String(++count)}`);
  const get = (url: string, method = "GET") => serve(new Request(url, { method }));

  it("gives every load of the page a nonce of its own, in the page and in the policy", async () => {
    const first = get("countersign-app://app/index.html");
    const second = get("countersign-app://app/index.html");
    expect(await first.text()).toContain('nonce="n1"');
    expect(first.headers.get("content-security-policy")).toContain("style-src 'self' 'nonce-n1'");
    expect(second.headers.get("content-security-policy")).toContain("'nonce-n2'");
  });

  it("allows no connection, no frame, no inline script and no markup from strings", () => {
    const policy = get("countersign-app://app/index.html").headers.get("content-security-policy") ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'none'", "frame-ancestors 'none'"]) {
      expect(policy.split("; ")).toContain(rule);
    }
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain("unsafe");
  });

  it.each([
    "countersign-app://app/",
    "countersign-app://app/../package.json",
    "countersign-app://app/%2e%2e/package.json",
    "countersign-app://other/index.html",
  ])("does not have %s", (url) => {
    expect(get(url).status).toBe(404);
  });

  it("answers GET only", () => {
    expect(get("countersign-app://app/index.html", "POST").status).toBe(404);
  });
});

describe("deep links", () => {
  const rid = "019f0000-0000-7000-8000-000000000001";

  it("carry an opaque id and nothing else", () => {
    expect(parseDeepLink(`countersign://r/${rid}?action=approve#sign`)).toBe(rid);
    expect(deepLinkIn(["electron", ".", `countersign://r/${rid}`])).toBe(rid);
  });

  it.each(["countersign://approve/x", `https://r/${rid}`, `countersign://r/${rid}/approve`, "countersign://r/", "x"])(
    "%s is ignored",
    (link) => {
      expect(parseDeepLink(link)).toBeUndefined();
    },
  );
});

describe("the window's place", () => {
  const display = { x: 0, y: 0, width: 1920, height: 1040 };

  it("is where it was while that display is there", () => {
    const was = { x: 200, y: 100, width: 1200, height: 800 };
    expect(placeWindow(was, [display])).toEqual(was);
  });

  it("is the centre of the primary display when the other one is gone", () => {
    const place = placeWindow({ x: 2400, y: 100, width: 1200, height: 800 }, [display]);
    expect(place.x + place.width).toBeLessThanOrEqual(1920);
    expect(place.x).toBe(320);
  });

  it("is never smaller than the smallest size", () => {
    expect(placeWindow({ x: 0, y: 0, width: 10, height: 10 }, [display])).toMatchObject(MIN_SIZE);
  });
});
