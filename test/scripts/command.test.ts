import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "../../scripts/command.mjs";
import { inRoot } from "../../scripts/project.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "countersign-test-"));
const COMMAND = pathToFileURL(inRoot("scripts/command.mjs")).href;
const ERROR = pathToFileURL(inRoot("scripts/script-error.mjs")).href;

/** Runs a command whose main function has the given body; resolves with its status and what it printed. */
async function runCommand(body: string, onOutput?: (text: string, pid: number) => void) {
  const file = path.join(folder, "command.mjs");
  writeFileSync(
    file,
    `import { onStop, run, runMain } from "${COMMAND}"; import { ScriptError } from "${ERROR}"; import fs from "node:fs";
     await runMain(async () => { ${body} });`,
  );
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput?.(output, child.pid!);
    });
  }
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output };
}

describe("a program that is run", () => {
  test("gives its status and everything it printed", async () => {
    const script = "process.stdout.write('a'); process.stderr.write('b'); process.exitCode = 3";
    const { status, output } = await run(process.execPath, ["-e", script]);
    expect(status).toBe(3);
    expect(output).toMatch(/^(?:ab|ba)$/);
  });
  test("that does not exist has status 127", async () => {
    expect(await run("no-such-program-anywhere", [])).toMatchObject({ status: 127 });
  });
  test("that takes too long is ended, and that is said", async () => {
    const result = await run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 300 });
    expect(result.timedOut).toBe(true);
    expect(result.status).not.toBe(0);
  });
});

describe("a command", () => {
  test("that fails for a reason a person can mend prints one line and no stack trace", async () => {
    const { status, output } = await runCommand('throw new ScriptError("E_USAGE", "Say it otherwise.");');
    expect({ status, output }).toEqual({ status: 1, output: "E_USAGE: Say it otherwise.\n" });
  });
  test("that cannot write a folder says which", async () => {
    const body = "throw Object.assign(new Error('no'), { code: 'EROFS', path: '/some/place' });";
    const { status, output } = await runCommand(body);
    expect(status).toBe(1);
    expect(output).toMatch(/^E_READ_ONLY: \/some\/place cannot be written\..*\n$/);
  });
  test("with a defect of its own shows where", async () => {
    const { status, output } = await runCommand("throw new TypeError('a defect');");
    expect(status).toBe(1);
    expect(output).toMatch(/TypeError: a defect\n\s+at /);
  });
  test("ends with the status its main function returns", async () => {
    expect(await runCommand("return 7;")).toEqual({ status: 7, output: "" });
  });
  test("that is stopped undoes what was half-done, ends what it started and has status 130", async () => {
    const half = path.join(folder, "half-done");
    const body = `fs.writeFileSync(${JSON.stringify(half)}, ""); onStop(() => fs.rmSync(${JSON.stringify(half)}));
      await run(process.execPath, ["-e", "console.log('child ' + process.pid); setInterval(() => {}, 1000)"], { show: true });`;
    let child = 0;
    const { status, output } = await runCommand(body, (text, pid) => {
      const started = /child (\d+)/.exec(text)?.[1];
      if (started === undefined || child !== 0) return;
      child = Number(started);
      process.kill(pid, "SIGINT");
    });
    expect(status).toBe(130);
    expect(output).toContain("run the same command again to go on");
    expect(existsSync(half)).toBe(false);
    // Until the system has taken note of its end, it is there by name.
    const isThere = (): boolean => {
      try {
        return process.kill(child, 0);
      } catch (error) {
        expect(error).toMatchObject({ code: "ESRCH" });
        return false;
      }
    };
    await expect.poll(isThere).toBe(false);
  });
});
