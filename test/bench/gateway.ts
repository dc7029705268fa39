import { startFhirServer } from "../../demo/fhir/server.ts";
import { answerOf } from "../../gateway/policy/cases/run-cases.ts";
import { readCaseInput } from "../../gateway/policy/cases/notation.ts";
import { cedarPolicy, type CedarPolicy } from "../../gateway/policy/cedar/policy.ts";
import { FHIR_JSON, policyFiles, seed, startDoorKit } from "../gateway/agents/kit.ts";
import { options, policyOf } from "../gateway/policy/fixtures.ts";
import { timeCalls, type Caller } from "./measure/calls.ts";
import { interleave, inverse, type Spread } from "./measure/interleaved.ts";
import { report, rounded, type Bar } from "./measure/report.ts";
import { tokenDeath } from "./measure/token-death.ts";

/**
 * `npm run bench -- gateway`: how often policy can be asked in a second, and how much later an allowed call through the
 * gateway is answered than the same call made directly, both against one FHIR server in one run; and how long a task's token
 * outlives its task.
 */
export default async function gateway(): Promise<unknown> {
  const evaluations = evaluate(policyOf());
  return { evaluations, token: await tokenDeath(), calls: await callThrough() };
}

const ASKED = {
  "new medicine": ['create MedicationRequest {"medicationCodeableConcept":{"text":"amlodipine 5 MG"}}', ""],
  "high-alert medicine": [
    'create MedicationRequest {"medicationCodeableConcept":{"text":"warfarin 3 MG"}}',
    "conflict",
  ],
  "controlled medicine": ['create MedicationRequest {"medicationCodeableConcept":{"text":"morphine 10 MG"}}', ""],
  "record update": ["update Observation", 'before {"status":"final"}'],
  read: ["read Observation", ""],
} as const;

const PER_SECOND: Bar = {
  ...{ id: "evaluations", bar: 1000, aim: 2000, sense: "min" },
  what: "Whole policy evaluations a second (reading the operation, Cedar, composition), of a new medicine.",
};

function evaluate(policy: CedarPolicy): unknown {
  const run = interleave(
    Object.entries(ASKED).map(([name, [asked, known]]) => {
      const input = readCaseInput(asked, known);
      return {
        name,
        run: (times: number) => {
          for (let i = 0; i < times; i++) answerOf(policy, { input });
        },
      };
    }),
  );
  const us = run.cpuUs["new medicine"];
  if (us === undefined) throw new Error("nothing was measured");
  const perSecond = ({ median, iqr: [q1, q3] }: Spread): Spread =>
    inverse({ median: median / 1e6, iqr: [q1 / 1e6, q3 / 1e6] });
  const figure = report(PER_SECOND, perSecond(us), "/s");
  return {
    figure,
    per_second: Object.fromEntries(
      Object.entries(run.cpuUs).map(([name, spread]) => [name, rounded(perSecond(spread))]),
    ),
  };
}

const READ: Bar = {
  id: "read",
  what: "An allowed read through the gateway, later than directly.",
  bar: 25,
  aim: 5,
  sense: "max",
};
const WRITE: Bar = {
  ...{ id: "write", bar: 60, aim: 20, sense: "max" },
  what: "An allowed update through the gateway, which reads the record for it first, later than directly.",
};

async function callThrough(): Promise<unknown> {
  const fhir = await startFhirServer({ port: 0, seed });
  const allow = `@id("bench") @says("Everything, for this measurement.") @verdict("allow")
    permit (principal, action, resource);`;
  const policy = cedarPolicy({ "policy.json": policyFiles["policy.json"] ?? "", "own.cedar": allow }, options);
  const kit = await startDoorKit(fhir, { rate: { perSecond: 1e6, burst: 1e6 } }, policy);
  try {
    const body = JSON.stringify((seed as readonly { id: string }[]).find(({ id }) => id === "w"));
    const read = async (answer: Promise<Response>): Promise<void> => {
      const { status } = await answer.then(async (one) => ({ status: one.status, text: await one.text() }));
      if (status !== 200) throw new Error(`status ${String(status)}`);
    };
    const direct = `${fhir.baseUrl}/Observation/w`;
    const callers: readonly Caller[] = [
      { name: "read, directly", run: async () => await read(fetch(direct)) },
      { name: "read, through the gateway", run: async () => await read(kit.call("GET", "/fhir/Observation/w")) },
      {
        name: "update, directly",
        run: async () => await read(fetch(direct, { method: "PUT", body, headers: FHIR_JSON })),
      },
      {
        name: "update, through the gateway",
        run: async () => await read(kit.call("PUT", "/fhir/Observation/w", { body, headers: FHIR_JSON })),
      },
    ];
    const times = await timeCalls(callers);
    const figures = [
      report(READ, times.added("read, through the gateway", "read, directly"), " ms"),
      report(WRITE, times.added("update, through the gateway", "update, directly"), " ms"),
    ];
    const ms = Object.fromEntries(Object.entries(times.ms).map(([name, spread]) => [name, rounded(spread)]));
    return { rounds: times.rounds, figures, ms };
  } finally {
    await kit.close();
    await fhir.close();
  }
}
