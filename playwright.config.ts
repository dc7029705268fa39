import { defineConfig } from "@playwright/test";

/** End-to-end tests of the built app. `npm test` gives them a display of their own. */
export default defineConfig({
  testDir: "test/e2e",
  // `npm test` runs the screens beside the other tests, and after those the gallery; the faults are `npm run test:faults`, what takes long is `npm run test:long`.
  projects: [
    { name: "screens", testMatch: "**/*.spec.ts", testIgnore: ["gallery-*", "faults/**", "long/**"] },
    { name: "gallery", testMatch: "gallery-*.spec.ts" },
    { name: "faults", testMatch: "faults/*.spec.ts" },
    { name: "long", testMatch: "long/*.spec.ts" },
  ],
  outputDir: "test-results/e2e",
  fullyParallel: false,
  workers: 1,
  // Long, so that a busy machine fails nothing: what passes never waits for them.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  // A race in a test stops nobody's change, and hides from nobody: what passes at the second try is named at the end of the
  // run as flaky, with what it met first, and is a defect to find. On a developer's machine it fails.
  retries: process.env["CI"] === undefined ? 0 : 1,
  forbidOnly: process.env["CI"] !== undefined,
  reporter: [["list"], ["json", { outputFile: "test-results/playwright.json" }]],
});
