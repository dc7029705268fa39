import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/**
 * The layers (CONTRIBUTING.md, "Layers"). The TypeScript projects keep a platform's types out of a folder; these rules
 * keep packages and other folders out of it. Each list is of what a folder MAY import: anything new is a decision.
 *
 * @param {string} who the folder, for the message
 * @param {string[]} allowed regular expressions, each matching from the start of the module's name
 * @param {Record<string, unknown>[]} [more] further patterns of `no-restricted-imports`
 * @returns {import("eslint").Linter.RulesRecord}
 */
function mayImportOnly(who, allowed, more = []) {
  return {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^(?!(?:${["\\.{1,2}/", ...allowed].join("|")}))`,
            message: `${who} may import only: ${["its own files", ...allowed.map(readable)].join(", ")}.`,
          },
          {
            regex: "^(?:\\.\\./)+(?:shared|electron|renderer|gateway|demo|test|scripts)/",
            message: "The layers never import each other; shared is spelled #shared/….",
          },
          ...more,
        ],
      },
    ],
  };
}

/** @param {string} pattern */
function readable(pattern) {
  return pattern.replace(/\(\?:\$\|\/\)|[\\^$]/g, "");
}

const NODE = "node:";
const SHARED = "#shared/";
/** @param {string} name an npm package, with its subpaths */
const pkg = (name) => `${name}(?:$|/)`;

const noCrypto = {
  regex: "^(?:#shared|\\.{1,2}(?:/\\.\\.)*)/crypto/",
  message: "shared/crypto is for electron and gateway only; take the Crypto port instead.",
};
/** The contract's types may be used anywhere; its schemas belong on the main side of the door. */
const noContractSchemas = {
  regex: "^#shared/ipc/(?!channels\\.ts$)",
  allowTypeImports: true,
  message: "Preload and renderer import types of the contract, never its schemas (import type).",
};
const noElectron = {
  regex: "^electron(?:$|-store$|/)",
  message: "This folder is tested without Electron: take what it needs as a constructor argument.",
};
const oneDoor = {
  regex: "^electron$",
  importNames: ["ipcMain"],
  message: "ipcMain is used in electron/ipc only: one door, with its sender check and parser.",
};

const KEPT_OUT_OF_SHARED =
  "process Buffer global require window document navigator console fetch crypto performance setTimeout setInterval setImmediate queueMicrotask";
const KEPT_OUT_OF_RENDERER =
  "process Buffer global require fetch WebSocket XMLHttpRequest EventSource localStorage sessionStorage indexedDB";

/**
 * @param {string} names
 * @param {string} message
 * @returns {import("eslint").Linter.RulesRecord}
 */
function withoutGlobals(names, message) {
  return { "no-restricted-globals": ["error", ...names.split(" ").map((name) => ({ name, message }))] };
}

// SECURITY: agent and record text never becomes HTML or code (Electron security checklist; Trusted Types are on).
const noHtmlNorCode = [
  ...["innerHTML", "outerHTML", "srcdoc"].map((name) => ({
    selector: `AssignmentExpression > MemberExpression.left[property.name='${name}']`,
    message: "Text is drawn as text: use textContent or a React child.",
  })),
  {
    selector: "CallExpression[callee.property.name=/^(insertAdjacentHTML|createContextualFragment|setHTMLUnsafe)$/]",
    message: "Text is drawn as text, never parsed as HTML.",
  },
  { selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]", message: "No." },
  {
    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
    message: "Text is drawn as text: use a React child.",
  },
  {
    selector: "Property[key.name='dangerouslySetInnerHTML']",
    message: "Text is drawn as text: use a React child.",
  },
];

/** Every word of a screen is in the catalogue, so that a language is one folder (approval-experience.md 10.14). */
const wordsInCatalogue = [
  { selector: "JSXText[value=/\\p{L}{2}/u]", message: "Words of the screens are in renderer/words." },
  {
    selector: "JSXAttribute[name.name=/^(aria-label|title|placeholder|label|alt)$/] > Literal[value=/\\p{L}{2}/u]",
    message: "Words of the screens are in renderer/words.",
  },
];

// SECURITY: web preferences that weaken a window are never written, not even with a safe value (checklist 6, 8, 9, 10, 11).
const noWeakWebPreferences = [
  "webSecurity",
  "allowRunningInsecureContent",
  "experimentalFeatures",
  "enableBlinkFeatures",
  "webviewTag",
  "nodeIntegrationInSubFrames",
  "nodeIntegrationInWorker",
].map((name) => ({
  selector: `Property[key.name='${name}']`,
  message: `${name} stays at Electron's safe default: never set it.`,
}));

const injectedClock = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "Time is an argument: take a clock.",
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: "Time is an argument: take a clock.",
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: "Randomness is an argument.",
  },
];

const CODE = ["**/*.ts", "**/*.tsx", "**/*.js", "**/*.mjs"];

export default defineConfig(
  globalIgnores([
    "node_modules/",
    "out/",
    "dist/",
    "demo-output/",
    "bench-results/",
    "test-results/",
    "playwright-report/",
  ]),
  {
    files: CODE,
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off", // TypeScript knows the globals of each project
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "off", // the typed one below
      "@typescript-eslint/no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": ["error", ...noHtmlNorCode],
      "max-lines": ["error", { max: 300 }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unsafe-type-assertion": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
    },
  },

  {
    files: ["shared/**"],
    ignores: ["shared/crypto/**"],
    rules: {
      ...mayImportOnly("shared", [SHARED, pkg("zod")], [noCrypto]),
      ...withoutGlobals(KEPT_OUT_OF_SHARED, "shared is pure: no IO, no platform."),
      "no-restricted-syntax": ["error", ...noHtmlNorCode, ...injectedClock],
    },
  },
  {
    // Compresses and nothing else; pure, so that whoever exports makes the same archive.
    files: ["shared/export/evidence/zip.ts"],
    rules: mayImportOnly("shared/export/evidence/zip.ts", [SHARED, pkg("fflate")], [noCrypto]),
  },
  {
    files: ["shared/crypto/**"],
    rules: mayImportOnly("shared/crypto", [SHARED, NODE, pkg("jose"), pkg("zod")]),
  },

  {
    files: ["electron/**"],
    rules: {
      ...mayImportOnly(
        "electron",
        [SHARED, NODE, pkg("electron"), pkg("ws"), pkg("electron-store"), pkg("jose")],
        [oneDoor],
      ),
      "no-restricted-syntax": ["error", ...noHtmlNorCode, ...noWeakWebPreferences],
    },
  },
  {
    // The one native part, in the process of the smart card alone.
    files: ["electron/keys/pkcs11/cryptoki.ts"],
    rules: mayImportOnly("electron/keys/pkcs11/cryptoki.ts", [SHARED, NODE, pkg("koffi")]),
  },
  {
    files: ["electron/ipc/**"],
    rules: mayImportOnly("electron/ipc", [SHARED, NODE, pkg("electron"), pkg("jose")]),
  },
  {
    files: ["electron/connection/**", "electron/requests/**", "electron/journal/**", "electron/practice/**"],
    rules: {
      ...mayImportOnly("This folder", [SHARED, NODE, pkg("ws"), pkg("jose")], [noElectron]),
      "no-restricted-syntax": ["error", ...noHtmlNorCode, ...noWeakWebPreferences, ...injectedClock],
    },
  },
  {
    files: ["electron/preload.ts"],
    rules: {
      // SECURITY: the sandboxed preload is one small file over the contract's types; it parses nothing and knows no Node.
      ...mayImportOnly("The preload script", [SHARED, "electron(?:$|/renderer$)"], [noCrypto, noContractSchemas]),
      ...withoutGlobals("process Buffer global require", "The preload script hands over named functions only."),
    },
  },

  {
    files: ["renderer/**"],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      ...mayImportOnly(
        "renderer",
        [
          SHARED,
          ...["react", "react-dom", "@mui/material", "@mui/icons-material", "@mui/x-charts", "@mui/x-data-grid"].map(
            pkg,
          ),
          ...["@emotion/cache", "@emotion/react", "@emotion/styled", "@tanstack/react-virtual"].map(pkg),
          ...["@fontsource/[^/]+", "diff", "notistack", "tinykeys"].map(pkg),
        ],
        [noCrypto, noContractSchemas],
      ),
      ...withoutGlobals(KEPT_OUT_OF_RENDERER, "The renderer is a view of main's state: ask the bridge."),
      "no-restricted-syntax": ["error", ...noHtmlNorCode, ...wordsInCatalogue],
    },
  },
  {
    // The gallery is for those who build the app.
    files: ["renderer/gallery/**"],
    rules: { "no-restricted-syntax": ["error", ...noHtmlNorCode] },
  },

  {
    files: ["gateway/**"],
    rules: mayImportOnly("gateway", [SHARED, NODE, pkg("ws"), pkg("jose"), pkg("zod")]),
  },
  {
    files: ["gateway/policy/cedar/**"],
    rules: mayImportOnly("gateway/policy/cedar", [SHARED, NODE, pkg("zod"), pkg("@cedar-policy/cedar-wasm")]),
  },
  {
    files: ["gateway/agents/mcp/**"],
    rules: mayImportOnly("gateway/agents/mcp", [SHARED, NODE, pkg("@modelcontextprotocol/sdk"), pkg("zod")]),
  },
  {
    // What counts is the one place that knows Prometheus.
    files: ["gateway/metrics/**"],
    rules: mayImportOnly("gateway/metrics", [SHARED, NODE, pkg("prom-client")]),
  },
  {
    files: ["demo/**"],
    rules: { "@typescript-eslint/no-unsafe-type-assertion": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      "@typescript-eslint/no-unsafe-type-assertion": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["scripts/**"],
    ignores: [
      "scripts/after-pack.mjs",
      "scripts/confusables.mjs",
      "scripts/kit.mjs",
      "scripts/schemas.mjs",
      "scripts/setup/assemble-electron.mjs",
      "scripts/electron-launcher/**",
    ],
    rules: mayImportOnly("A script that may run before npm ci", [NODE]),
  },
);
