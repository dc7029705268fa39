#!/usr/bin/env node
import process from "node:process";

import { processIo } from "./cli/io.ts";
import { runCli } from "./cli/run.ts";

process.exitCode = await runCli(process.argv.slice(2), processIo(process));
