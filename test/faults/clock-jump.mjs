// Preloaded into a gateway process: its wall clock is set off by COUNTERSIGN_TEST_JUMP_MS with the first SIGUSR2, and set
// right with the second. Time itself goes on as it does.
import process from "node:process";

const jump = Number(process.env["COUNTERSIGN_TEST_JUMP_MS"] ?? 0);
const now = Date.now.bind(Date);
let off = 0;
Date.now = () => now() + off;
process.on("SIGUSR2", () => {
  off = off === 0 ? jump : 0;
});
