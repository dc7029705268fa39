import { describe, expect, it } from "vitest";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { contentDigest } from "#shared/protocol/digest.ts";

import { makeDraw } from "../../../electron/requests/draw.ts";
import { crypto, makeRequestClaims } from "../hospital.ts";

/** The order of the fixture with another text where the patient is told what to do. */
function order(text: string, patient: { name: string; family: string }) {
  const claims = makeRequestClaims();
  const { op } = claims.action;
  const body = op.body.replace("5 mg once a day by mouth", text);
  return {
    ...claims,
    patient: { ...claims.patient!, ...patient, given: [] },
    action: { ...claims.action, op: { ...op, body, body_dig: contentDigest(crypto, body) } },
  };
}

const WATERS = { name: "WATERS, Shauna (Mrs)", family: "Waters" };
const BROWN = { name: "BROWN, Ann (Ms)", family: "Brown" };

describe("what is drawn", () => {
  const draw = makeDraw(() => "Europe/London");
  const obstacles = (text: string, patient: typeof WATERS) =>
    draw(order(text, patient), BUILTIN_TEMPLATES.medicationOrder).obstacles.map(({ token }) => token);

  it("is an obstacle where the action writes what only looks like its patient's name", () => {
    expect(obstacles("give to Waters", WATERS)).toEqual([]);
    expect(obstacles("give to W\u0430ters", WATERS)).not.toEqual([]);
  });

  it("is compared with the names of the other patients of the queue as well", () => {
    expect(obstacles("not for BR0WN", WATERS)).toEqual([]);
    expect(obstacles("for Brown", BROWN)).toEqual([]);
    expect(obstacles("not for BR0WN", WATERS)).not.toEqual([]);
  });

  it("is compared with the medicines that are taken for each other", () => {
    expect(obstacles("not morphine but amlodipine", WATERS)).toEqual([]);
    expect(obstacles("instead of amIodipine", WATERS)).not.toEqual([]);
  });
});
