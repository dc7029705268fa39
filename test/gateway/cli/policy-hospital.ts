import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { openGateway } from "../../../gateway/cli/open-gateway.ts";
import { makeCli } from "./cli.ts";

export const ISS = "https://gw.hospital.example";
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A directory and a gateway with a policy of its own. */
export async function hospital() {
  const cli = makeCli();
  const [data, directory, policy] = [cli.at("gateway"), cli.at("directory"), cli.at("policy")];
  const folders = ["--data", data, "--directory", directory];
  await cli.run([
    "directory",
    "init",
    "--iss",
    "https://directory.hospital.example",
    "--directory",
    directory,
    "--demo",
  ]);
  await cli.run(["policy", "new", policy]);
  const init = async (...more: string[]) =>
    await cli.run([
      "gateway",
      "init",
      "--iss",
      ISS,
      "--fhir-base",
      "https://fhir.hospital.example/r4",
      ...folders,
      ...more,
    ]);
  const file = path.join(data, "policy.jws");
  const figures = path.join(policy, "policy.json");
  return {
    ...{ ...cli, data, directory, policy, file, init },
    publish: async (...more: string[]) => await cli.run(["policy", "publish", policy, ...folders, ...more]),
    setVersion: (ver: number, id = "urn:hospital:policy"): void => {
      const members = JSON.parse(readFileSync(figures, "utf8")) as object;
      writeFileSync(figures, JSON.stringify({ ...members, ver, id }));
    },
    /** Opens the gateway as `gateway serve` does and closes it again; the leaves that its log holds about policy. */
    serve: async (): Promise<readonly string[]> => {
      const { assembled } = await openGateway(data, { clock: cli.clock, logger, wsEndpoint: "ws://127.0.0.1:1/x" });
      const { store } = assembled.core;
      const leaves = store.leavesFrom(0, 99).filter(({ type }) => type === "policy-published");
      await assembled.close();
      return leaves.map(({ obj }) => obj);
    },
  };
}
