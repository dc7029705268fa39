import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kitManifest, makeKit } from "../../scripts/kit.mjs";
import { inRoot, tool } from "../../scripts/project.mjs";
import { startFhirServer } from "../../demo/fhir/server.ts";
import { record } from "../../demo/record/record.ts";
import { enrol, readGuide, start, stop, type, write } from "./guide.ts";

const folder = mkdtempSync(path.join(tmpdir(), "countersign-kit-"));
const LONGEST_MS = 240_000;
const installed = path.join(folder, "node_modules/countersign");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project that has the packed kit and its dependencies in node_modules, and nothing else. */
beforeAll(async () => {
  const packed = await makeKit(path.join(folder, "kit"));
  mkdirSync(path.join(folder, "node_modules"));
  execFileSync("tar", ["-xzf", packed, "-C", folder]);
  renameSync(path.join(folder, "package"), installed);
  const { dependencies } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as {
    dependencies: object;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(path.dirname(path.join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(inRoot("node_modules", name), path.join(folder, "node_modules", name));
  }
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
}, LONGEST_MS);

/** Runs Node in the project of an engineer who installed the kit. */
function node(...args: string[]): string {
  return execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: LONGEST_MS,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("the packed gateway kit", () => {
  test("holds JavaScript and declarations only: no sources and no part of the app", () => {
    const files = execFileSync("find", [installed, "-type", "f"], { encoding: "utf8" }).trim().split("\n");
    expect(files.filter((file) => !/\.(?:js|d\.ts|json|md)$|\/LICENSE$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\/(?:electron|renderer|demo|test|scripts)\//.test(file))).toEqual([]);
  });

  test("brings its guide, and every file that its pages point at", () => {
    const pages = execFileSync("find", [installed, "-name", "*.md"], { encoding: "utf8" }).trim().split("\n");
    expect(pages).toContain(path.join(installed, "docs/integration.md"));
    const missing = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target = ""]) => path.resolve(path.dirname(page), target))
        .filter((target) => !existsSync(target)),
    );
    expect(missing).toEqual([]);
  });

  test("gives createGateway by the name the README uses", () => {
    expect(
      node(
        "--input-type=module",
        "-e",
        'import { createGateway } from "countersign/gateway"; console.log(typeof createGateway)',
      ),
    ).toBe("function\n");
  });

  test("gives agents their client, which loads no gateway", () => {
    const script = 'import { createAgent } from "countersign/agent"; console.log(typeof createAgent)';
    expect(node("--input-type=module", "-e", script)).toBe("function\n");
    expect(readFileSync(path.join(installed, "lib/agent.js"), "utf8")).not.toContain("node:sqlite");
  });

  test("gives the protocol by its own name, and that is the same module the gateway uses", () => {
    const script = `import * as gateway from "countersign/gateway"; import * as protocol from "countersign/protocol";
      console.log(typeof protocol.verifyBundle, gateway.CountersignError === protocol.CountersignError)`;
    expect(node("--input-type=module", "-e", script)).toBe("function true\n");
  });

  test("reaches nothing but what it exports", () => {
    expect(() => node("--input-type=module", "-e", 'import "countersign/lib/gateway.js"')).toThrow(
      /ERR_PACKAGE_PATH_NOT_EXPORTED/,
    );
  });

  test("brings the countersign command", () => {
    const { bin } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8")) as {
      bin: { countersign: string };
    };
    const cli = path.join(installed, bin.countersign);
    expect(existsSync(cli)).toBe(true);
    expect(readFileSync(cli, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(node(cli, "--help")).toContain("countersign verify");
  });

  test(
    "compiles in a strict project, its declarations included",
    () => {
      const file = path.join(folder, "use.ts");
      writeFileSync(
        file,
        'import { createGateway } from "countersign/gateway";\nimport * as protocol from "countersign/protocol";\nimport { createAgent } from "countersign/agent";\nexport const used = [createGateway, protocol, createAgent];\n',
      );
      const options = [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2024",
        "--types",
        "node",
        "--typeRoots",
        inRoot("node_modules/@types"),
      ];
      expect(node(tool("typescript/bin/tsc"), ...options, file)).toBe("");
    },
    LONGEST_MS,
  );
});

test(
  "docs/integration.md, typed as it stands: an order waits, a person signs, it is carried out, and a file proves it",
  async () => {
    const guide = readGuide();
    expect([...guide.files.keys()]).toEqual(["gateway.mjs", "order.json", "agent.mjs"]);
    const fhir = await startFhirServer({ port: 0, seed: [...record] as never });
    const project = { folder, env: { FHIR: fhir.baseUrl, PORT: "0" } };
    const [makeKey = "", issueTicket = ""] = guide.commands("sh");
    await type(project, makeKey);
    write(project, guide);
    const gateway = start(project, "gateway.mjs");
    const url = await gateway.line();
    const issued = await type(project, issueTicket);
    const { person, live } = await enrol(project, issued.err, guide.commands("sh person")[0] ?? "");

    const agent = start({ ...project, env: { GATEWAY: url } }, "agent.mjs");
    const pending = await live.socket.next(({ type: name }) => name === "action.pending");
    const { jws } = person.request(pending);
    expect(await agent.line()).toMatch(/^\/countersign\/v1\/tasks\//);
    await person.submit(live.socket, person.decide(jws, "approve"));
    expect(await agent.line()).toBe("completed 201");
    expect(await gateway.line()).toBe("approved");

    for (const command of guide.commands("sh after")) expect((await type(project, command)).err).not.toContain("E_");
    expect(await stop(gateway)).toBe(0);
    live.socket.close();
    await fhir.close();
  },
  LONGEST_MS,
);

test("a package that the kit imports and the project does not name is an error, not a silent gap", () => {
  const project = {
    name: "countersign",
    version: "1.0.0",
    description: "",
    license: "",
    author: "",
    dependencies: { ws: "8.0.0" },
  };
  expect(kitManifest(project, ["ws"]).dependencies).toEqual({ ws: "8.0.0" });
  expect(() => kitManifest(project, ["left-pad"])).toThrow(expect.objectContaining({ code: "E_COMMAND_FAILED" }));
});
