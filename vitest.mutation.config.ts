import { defineConfig } from "vitest/config";

import { partNamed } from "./scripts/mutation-parts.mjs";

/** For `npm run test:mutation` alone: no more than the tests of the part that is mutated. */
export default defineConfig({ test: { include: [...partNamed().tests], testTimeout: 60_000 } });
