// Preloaded into a gateway process: its wall clock is set off by COUNTERSIGN_TEST_JUMP_MS with the first SIGUSR2, and set
// right with the second; COUNTERSIGN_TEST_BEGIN_MS is how far off it is from the beginning. Time itself goes on as it does.
import process from "node:process";

const jump = Number(process.env["COUNTERSIGN_TEST_JUMP_MS"] ?? 0);
const now = Date.now.bind(Date);
let off = Number(process.env["COUNTERSIGN_TEST_BEGIN_MS"] ?? 0);
Date.now = () => now() + off;
process.on("SIGUSR2", () => {
  off = off === 0 ? jump : 0;
});
