import { describe, expect, it } from "vitest";

import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { DecideInput } from "../../../electron/requests/choice.ts";
import { newId, type RequestChange, type SignedRequest } from "../hospital.ts";
import { arrangeDesk, PIN, type Arranged } from "./arrange-desk.ts";

type Case = readonly [
  what: string,
  code: ErrorCode,
  forge: (input: DecideInput, request: SignedRequest, t: Arranged) => DecideInput | Promise<DecideInput>,
  request?: RequestChange,
];

const FACTS: RequestChange = {
  facts: [
    { id: "f1", src: "ehr", sev: "warning", code: "allergies", text: "Penicillin", ack: true },
    { id: "f2", src: "gateway", sev: "high", code: "conflict", text: "Weight differs", ack: false, override: true },
    { id: "f3", src: "ehr", sev: "info", code: "weight", text: "28 kg", ack: false },
  ],
};

/** Replaces members of an approval. */
const choosing =
  (change: Partial<Extract<DecideInput["choice"], { kind: "approve" }>>) =>
  (input: DecideInput): DecideInput =>
    ({ ...input, choice: { ...input.choice, ...change } }) as DecideInput;

const CASES: readonly Case[] = [
  ["names other bytes", "E_CLI_NOT_SHOWN", (input) => ({ ...input, digest: `sha-256:${"A".repeat(43)}` })],
  ["names another revision", "E_CLI_NOT_SHOWN", (input) => ({ ...input, rev: 2 })],
  [
    "names a request that is not here",
    "E_CLI_NOT_FOUND",
    (input) => ({ ...input, key: { ...input.key, rid: newId() } }),
  ],
  [
    "names another gateway",
    "E_CLI_NOT_FOUND",
    (input) => ({ ...input, key: { ...input.key, iss: "https://other.example" } }),
  ],
  [
    "names a request that is not on the screen",
    "E_CLI_NOT_SHOWN",
    async (_input, _request, t) => {
      const other = t.judge.issue();
      await t.seen.next((s) => s.kind === "row" && s.row.digest === other.digest);
      return t.approve(other);
    },
  ],
  [
    "comes after the review was closed",
    "E_CLI_NOT_SHOWN",
    (input, _request, t) => {
      t.desk.closeReview();
      return input;
    },
  ],
  ["grants an element that the request does not hold", "E_CLI_CHOICE", choosing({ granted: ["a1", "a3"] })],
  ["grants an element twice", "E_CLI_CHOICE", choosing({ granted: ["a1", "a1"] })],
  ["leaves out what is required", "E_CLI_CHOICE", choosing({ granted: ["a2"] })],
  ["grants nothing", "E_CLI_CHOICE", choosing({ granted: [] })],
  [
    "leaves one field unseen",
    "E_DSP_INCOMPLETE",
    (input, r, t) => {
      const { choice } = t.approve(r);
      return choosing({ seen: choice.kind === "approve" ? choice.seen.slice(1) : [] })(input);
    },
  ],
  ["has seen nothing", "E_DSP_INCOMPLETE", choosing({ seen: [] })],
  ["leaves a warning unacknowledged", "E_ACK_MISSING", choosing({ ack: [] }), FACTS],
  ["acknowledges what does not exist", "E_CLI_CHOICE", choosing({ ack: ["f1", "f9"] }), FACTS],
  ["acknowledges what was not asked", "E_CLI_CHOICE", choosing({ ack: ["f1", "f3"] }), FACTS],
  ["gives no reason against a conflict", "E_ACK_MISSING", choosing({ overrides: [] }), FACTS],
  [
    "gives a reason against a fact that needs none",
    "E_CLI_CHOICE",
    choosing({
      overrides: [
        { fact: "f2", code: "will-monitor" },
        { fact: "f3", code: "will-monitor" },
      ],
    }),
    FACTS,
  ],
  [
    "says other and does not say what",
    "E_ACK_MISSING",
    choosing({ overrides: [{ fact: "f2", code: "other" }] }),
    FACTS,
  ],
  [
    "gives no reason where policy asks for one",
    "E_CLM_REASON",
    (input) => input,
    { policy: { reason_on: ["approve"] } },
  ],
  [
    "enters someone else's initials",
    "E_CLI_REENTRY",
    choosing({ reentry: { initials: "EG", birth_year: "1945" } }),
    {
      policy: { reentry: ["identity"] },
    },
  ],
  ["enters no year", "E_CLI_REENTRY", choosing({ reentry: { initials: "SW" } }), { policy: { reentry: ["identity"] } }],
  ["enters another dose", "E_CLI_REENTRY", choosing({ reentry: { value: "50" } }), { policy: { reentry: ["value"] } }],
  [
    "enters another code",
    "E_CLI_REENTRY",
    choosing({ reentry: { origin_code: "WRONG-1" } }),
    {
      policy: { reentry: ["origin-code"] },
      binding_message: "RIGHT-1",
    },
  ],
  [
    "comes without a PIN where one is needed now",
    "E_UV_ACR",
    (input) => input,
    { policy: { acr: "urn:countersign:acr:uv" } },
  ],
  ["comes with a wrong PIN", "E_CLI_PIN", choosing({ pin: "000001" }), { policy: { acr: "urn:countersign:acr:uv" } }],
  [
    "needs a card that this computer has not",
    "E_UV_ACR",
    choosing({ pin: PIN }),
    { policy: { acr: "urn:countersign:acr:mfa-hw" } },
  ],
  ["needs another kind of key", "E_KEY_CLASS", (input) => input, { policy: { key_storage: ["hardware"] } }],
  ["comes too quickly", "E_DWELL", (input) => input, { policy: { min_dwell_ms: 5_000 } }],
  [
    "comes too long after the PIN",
    "E_UV_STALE",
    (input, _r, t) => {
      t.clock.advance(21_000);
      return input;
    },
    { policy: { max_auth_age: 20 } },
  ],
  [
    "is of one's own asking",
    "E_SOD_EXCLUDED",
    (input) => input,
    {
      policy: { sod: { exclude: ["https://directory.northgate.example/approvers/okafor"] } },
    },
  ],
  ["needs a role that the person has not", "E_AUZ_ROLE", (input) => input, { policy: { roles: ["Pharmacist"] } }],
  [
    "comes after the deadline",
    "E_REQ_EXPIRED",
    (input, _r, t) => {
      t.clock.advance(901_000);
      return input;
    },
  ],
  [
    "comes without a connection",
    "E_CLI_OFFLINE",
    async (input, _r, t) => {
      await t.drop();
      return input;
    },
  ],
  [
    "comes while locked",
    "E_CLI_LOCKED",
    (input, _r, t) => {
      t.desk.lock();
      return input;
    },
  ],
];

describe("an approval from the page", () => {
  it.each(CASES.map((one) => [one[0], one] as const))(
    "is refused when it %s, and nothing is signed",
    async (_what, one) => {
      const [, code, forge, over] = one;
      const t = await arrangeDesk();
      const request = await t.opened(over);
      await expect(t.desk.decide(await forge(t.approve(request), request, t))).rejects.toMatchObject({ code });
      expect(t.files.outbox.entries()).toEqual([]);
      expect(t.judge.submitted).toEqual([]);
      expect(t.desk.rows().map((row) => row.status.kind)).not.toContain("signing");
    },
  );

  it("is accepted with everything that policy asks for", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({
      ...FACTS,
      policy: {
        acr: "urn:countersign:acr:uv",
        reentry: ["identity", "value", "origin-code"],
        min_dwell_ms: 5_000,
        reason_on: ["approve", "deny", "revoke"],
      },
      binding_message: "RIGHT-1",
    });
    t.clock.advance(5_000);
    const reentry = { initials: "sw", birth_year: "1945", value: "5", origin_code: "right-1" };
    await t.desk.decide(t.approve(request, { pin: PIN, reentry, reason: { code: "clinically-appropriate" } }));
    await t.status(request.claims.rid, "held");
    expect(Buffer.from(t.judge.submitted[0]!.split(".")[1]!, "base64url").toString()).not.toMatch(
      /RIGHT-1|"sw"|730415/i,
    );
  });

  it("starts again from the top after the second wrong entry", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { reentry: ["identity"] } });
    const wrong = t.approve(request, { reentry: { initials: "XX", birth_year: "1900" } });
    await expect(t.desk.decide(wrong)).rejects.toMatchObject({ code: "E_CLI_REENTRY", message: "E_CLI_REENTRY" });
    await expect(t.desk.decide(wrong)).rejects.toMatchObject({ code: "E_CLI_REENTRY", message: /Start again/ });
    const right = t.approve(request, { reentry: { initials: "SW", birth_year: "1945" } });
    await expect(t.desk.decide(right)).rejects.toMatchObject({ code: "E_CLI_NOT_SHOWN" });
    t.desk.openReview(right.key);
    await t.desk.decide(right);
  });

  it("counts only time in which the window had the person's attention", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { min_dwell_ms: 5_000 } });
    const { key } = t.approve(request);
    // What is missing is told before anybody presses: with the review, and whenever it is another.
    expect(t.desk.openReview(key).short).toEqual({ left_s: 5, counts: true, was_away: false });
    const told = (left_s: number | undefined, counts?: boolean) =>
      t.seen.next((s) => s.kind === "reading" && s.short?.left_s === left_s && s.short?.counts === counts);
    t.clock.advance(3_000);
    t.desk.focus(false);
    await told(2, false);
    t.clock.advance(20_000);
    t.desk.focus(true);
    await told(2, true);
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_DWELL" });
    t.clock.advance(2_000);
    await told(undefined);
    await t.desk.decide(t.approve(request));
  });

  it("is refused when this clock is more than two minutes wrong, and a denial is not", async () => {
    const t = await arrangeDesk({ offsetMs: 125_000 });
    const request = await t.opened({ iat: 1_790_000_000, exp: 1_790_000_900 });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_CLOCK" });
    await t.desk.decide(t.deny(request));
    await t.status(request.claims.rid, "denied");
  });

  it("is aborted when the request changes, is withdrawn or the app locks while the PIN is checked", async () => {
    for (const [happens, code] of [
      ["changes", "E_CLI_NOT_SHOWN"],
      ["locks", "E_CLI_LOCKED"],
      ["drops", "E_CLI_OFFLINE"],
    ] as const) {
      const t = await arrangeDesk();
      const request = await t.opened({ policy: { acr: "urn:countersign:acr:uv" } });
      let release: () => void = () => undefined;
      t.pinDelay.current = new Promise((resolve) => {
        release = resolve;
      });
      const deciding = t.desk.decide(t.approve(request, { pin: PIN }));
      const refused = expect(deciding).rejects.toMatchObject({ code });
      await t.status(request.claims.rid, "signing");
      if (happens === "changes") {
        const { rid } = request.claims;
        const next = t.judge.issue({ rid, rev: 2, prev: request.digest });
        await t.seen.next((s) => s.kind === "row" && s.row.digest === next.digest);
      }
      if (happens === "locks") t.desk.lock();
      if (happens === "drops") await t.drop();
      release();
      await refused;
      expect(t.files.outbox.entries()).toEqual([]);
      expect(t.judge.submitted).toEqual([]);
    }
  });

  it("is refused as long as another one is being made or has no receipt", async () => {
    const t = await arrangeDesk();
    const first = await t.opened();
    t.gateway.on("decision.submit", () => undefined);
    await t.desk.decide(t.approve(first));
    const second = await t.opened();
    await expect(t.desk.decide(t.approve(second))).rejects.toMatchObject({ code: "E_CLI_IN_FLIGHT" });
    await expect(t.desk.decide(t.deny(second))).rejects.toMatchObject({ code: "E_CLI_IN_FLIGHT" });
  });
});
