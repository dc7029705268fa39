import { checkPolicies } from "../policy/cedar/load.ts";
import { faultText } from "../policy/cedar/place.ts";
import { command } from "./command.ts";
import { readPolicyFolder } from "./policy-folder.ts";
import { loadOptions, TEMPLATES_OPTION } from "./policy-set.ts";

/** `policy check FOLDER`: every fault of a set, each with its place and what to do. */
export const policyCheck = command({
  name: "policy check",
  usage: "FOLDER [--templates FOLDER]",
  summary: "Reads a policy set strictly and names every fault with file, line and column; exit 1 when there is one.",
  takes: 1,
  options: TEMPLATES_OPTION,
  run({ values, words: [folder = ""], io }) {
    const { files } = readPolicyFolder(folder);
    const read = checkPolicies(files, loadOptions(values.templates));
    if ("faults" in read) {
      for (const fault of read.faults) io.err(faultText(fault));
      io.out(JSON.stringify({ ok: false, faults: read.faults.length }));
      return 1;
    }
    const { manifest, parts } = read.policies;
    io.out(
      JSON.stringify({ ok: true, id: manifest.id, ver: manifest.ver, policies: parts.size, files: Object.keys(files) }),
    );
    return 0;
  },
});
