import svelte from "eslint-plugin-svelte";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const WINDOW_RAW = "Only main/electron speaks to Electron's channels: use the typed messages of core/ipc.";
const PURE = "core/ is pure: time, chance and ids are arguments or come from a port.";

/** Calls of node:test are awaited by the runner itself. */
const TEST_CALLS = [
  {
    from: "package",
    package: "node:test",
    name: ["test", "it", "describe", "suite", "before", "after", "beforeEach", "afterEach"],
  },
];

const RAW_CHANNELS = [
  { selector: "Identifier[name=/^(ipcMain|ipcRenderer)$/]", message: WINDOW_RAW },
  { selector: "MemberExpression[object.property.name='webContents'][property.name='send']", message: WINDOW_RAW },
  { selector: "MemberExpression[object.name='webContents'][property.name='send']", message: WINDOW_RAW },
];

export default defineConfig(
  { ignores: ["**/node_modules/", "dist/", "release/", "test/fixtures/", "types/", "**/*.cjs"] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts", "**/*.svelte"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: {
        projectService: { allowDefaultProject: ["*.ts"] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".svelte"],
      },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: TEST_CALLS }],
      "@typescript-eslint/no-for-in-array": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/require-array-sort-compare": ["error", { ignoreStringArrays: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "no-empty": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "no-restricted-syntax": ["error", ...RAW_CHANNELS],
    },
  },
  { files: ["test/**", "**/*.svelte"], rules: { "max-lines-per-function": "off" } },
  { files: ["main/electron/**", "test/**"], rules: { "no-restricted-syntax": "off" } },
  {
    files: ["core/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["crypto", "performance", "process", "setTimeout"].map((name) => ({ name, message: PURE })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: PURE },
        { object: "Math", property: "random", message: PURE },
        { object: "crypto", property: "randomUUID", message: PURE },
        { object: "performance", property: "now", message: PURE },
      ],
      "no-restricted-syntax": [
        "error",
        ...RAW_CHANNELS,
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: PURE },
        { selector: "CallExpression[callee.name='Date']", message: PURE },
      ],
    },
  },
  ...svelte.configs["flat/recommended"].map((config) =>
    config.name === "svelte:recommended:rules" ? { ...config, files: ["**/*.svelte", "**/*.svelte.ts"] } : config,
  ),
  {
    // Components only draw and forward: svelte-check knows their types, and rules that need types are slow here.
    files: ["**/*.svelte", "**/*.svelte.ts"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { parser: tseslint.parser, projectService: false, program: null } },
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      // Props and derived values are declared with `let`, as they change under the component.
      "prefer-const": "off",
      // Links between pages are fragments of one page, not routes.
      "svelte/no-navigation-without-resolve": "off",
      // What comes from the coordinator is replaced whole, in `$state.raw`.
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
);
