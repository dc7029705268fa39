import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { cedarPolicy } from "../policy/cedar/policy.ts";
import { readCases } from "../policy/cases/read-cases.ts";
import { answerOf, differences } from "../policy/cases/run-cases.ts";
import { command } from "./command.ts";
import { readText } from "./files.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { loadOptions, TEMPLATES_OPTION } from "./policy-set.ts";

/** `policy test FOLDER`: the cases beside the policies. */
export const policyTest = command({
  name: "policy test",
  usage: "FOLDER [--cases FILE] [--templates FOLDER]",
  summary:
    "Runs the tables of cases (*.md) beside a policy set, or those of --cases; names every answer that is not the expected one.",
  takes: 1,
  options: { ...TEMPLATES_OPTION, cases: { type: "string" } },
  run({ values, words: [folder = ""], io }) {
    const { files, cases: beside } = readPolicyFolder(folder);
    const tables = values.cases === undefined ? beside : { [path.basename(values.cases)]: readText(values.cases) };
    const cases = Object.entries(tables).flatMap(([name, text]) => readCases(name, text));
    if (cases.length === 0) {
      throw new CountersignError(
        "E_CLI_INPUT",
        `There are no cases beside the policies of ${folder}. docs/policy-cases.md shows their form.`,
      );
    }
    const policy = cedarPolicy(files, loadOptions(values.templates));
    let failed = 0;
    for (const one of cases) {
      const found = differences(one.expected, answerOf(policy, one));
      if (found.length === 0) continue;
      failed += 1;
      io.err(`${one.place}: case ${one.id} (${one.what}): ${found.join("; ")}.`);
    }
    io.out(JSON.stringify({ ok: failed === 0, passed: cases.length - failed, failed }));
    return failed === 0 ? 0 : 1;
  },
});
