// The house is kept tidy by a test, not by memory. Each rule says which files break it.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { readRepositoryFile, repositoryFiles } from "../support/repository.ts";

const LINES_MAX = 500;
const CODE = /\.(ts|mjs|cjs|c|h)$/;
const TEST = /\.test\.ts$/;
/** Written by a program, from schemas. */
const GENERATED = /^src\/api\/proto\//;
const PURE = /^src\/(labels|identity|ipcache|fqdn|policy|proxylib|parsers|remote-parser|xds)\//;
/** Entry points of the package: the only modules that may gather others. */
const BARRELS = new Set(["src/proxylib/index.ts", "src/proxylib/testing/index.ts"]);

interface File {
  readonly path: string;
  readonly text: string;
}

/** The text without comments, so that rules about code do not meet prose. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

/** Whether anything of a module is there at run time. */
function hasRuntimeCode(text: string): boolean {
  return /^(export )?(default |async |abstract )*(function|class|const|let)\b|^(await |process\.|import ")/m.test(
    code(text),
  );
}

describe("the repository", () => {
  let files: File[] = [];
  before(async () => {
    files = await Promise.all(
      (await repositoryFiles()).map(async (path) => ({ path, text: await readRepositoryFile(path) })),
    );
  });

  function none(faulty: (file: File) => boolean | string, which: RegExp = /^/): void {
    const found = files.flatMap((file) => {
      const fault = which.test(file.path) && faulty(file);
      return fault === false ? [] : [fault === true ? file.path : `${file.path}: ${fault}`];
    });
    assert.deepEqual(found, []);
  }

  /** The first match of a pattern in code, as `line N: match`. */
  function firstMatch(text: string, pattern: RegExp): string | false {
    const match = pattern.exec(text);
    return match === null ? false : `line ${text.slice(0, match.index).split("\n").length}: ${match[0]}`;
  }

  it(`has no source file of more than ${LINES_MAX} lines: such a file is two concepts`, () => {
    none(({ path, text }) => !GENERATED.test(path) && text.split("\n").length > LINES_MAX, CODE);
  });

  it("has no drawer for everything", () => {
    none(({ path }) => /(^|\/)(utils?|helpers?|misc|common|shared)(\/|\.|-)/.test(path));
  });

  it("names files in kebab-case", () => {
    none(
      ({ path }) =>
        !GENERATED.test(path) &&
        !/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?(\.(test|d))?\.[a-z]+$/.test(path.split("/").at(-1) ?? ""),
      CODE,
    );
  });

  it("gathers modules only where the package is entered", () => {
    none(({ path }) => /(^|\/)index\.ts$/.test(path) && !BARRELS.has(path));
  });

  it("knows no machine and no registry", () => {
    // In pieces, so that this file does not name them itself.
    const machine = new RegExp(
      [
        "/wo" + "rk/",
        "/ho" + "me/[a-z]",
        "/Us" + "ers/",
        "/ro" + "ot/",
        "regis" + "try\\.npmjs",
        "regis" + "try\\.yarnpkg",
      ].join("|"),
    );
    none(({ text }) => firstMatch(text, machine), /^(?!LICENSE$)/);
  });

  it("locks packages by their content, whatever registry they come from", async () => {
    const lock = JSON.parse(await readRepositoryFile("package-lock.json")) as {
      packages: Record<string, { resolved?: string; integrity?: string; optional?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
    assert.ok(packages.length > 50, "the lock file is there");
    assert.deepEqual(
      packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path),
      [],
    );
    const unproven = packages.filter(
      ([path, { integrity, optional }]) =>
        integrity === undefined && (optional !== true || path.includes("/node-linux-")),
    );
    assert.deepEqual(
      unproven.map(([path]) => path),
      [],
    );
  });

  it("leaves no test out without saying why", () => {
    none(
      ({ path, text }) =>
        path !== "test/repository/tidiness.test.ts" &&
        firstMatch(code(text), /\.(only|todo)\(|\b(it|test|describe)\.skip\(|\b(only|skip|todo): true|\.skip\(\)/),
      TEST,
    );
  });

  it("has no test that sleeps or chooses a port", () => {
    none(
      ({ text }) =>
        firstMatch(
          code(text),
          /await (sleep|delay|setTimeout)\(|setTimeout\((resolve|done|r|ok), *[1-9]|\.listen\([1-9]\d*/,
        ),
      TEST,
    );
  });

  it("takes clock and randomness from outside in the pure rooms", () => {
    none(
      ({ path, text }) =>
        !TEST.test(path) &&
        firstMatch(
          code(text),
          /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bset(Timeout|Interval|Immediate)\(|\bprocess\.|\bfetch\(|\bcrypto\./,
        ),
      PURE,
    );
  });

  it("has no code that no test reaches", () => {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    // Programs are run by tests as processes.
    const programs = ["src/cli/main.ts", "src/host/main.ts", "src/extension-host/main.ts"];
    const reached = new Set([...programs, ...files.map(({ path }) => path).filter((path) => TEST.test(path))]);
    for (const path of reached) {
      for (const [, specifier] of (texts.get(path) ?? "").matchAll(/(?:from|import\(|import) ?"(\.[^"]+)"/g)) {
        reached.add(join(dirname(path), specifier as string));
      }
    }
    none(({ path, text }) => !GENERATED.test(path) && !reached.has(path) && hasRuntimeCode(text), /^src\/.*\.ts$/);
  });

  it("ends every text file with one line feed and has none with CRLF", () => {
    none(
      ({ path, text }) => !GENERATED.test(path) && (text.includes("\r\n") || (text !== "" && !/[^\n]\n$/.test(text))),
      /\.(ts|mjs|cjs|json|md|ya?ml|c|h)$|^\.ci\//,
    );
  });

  it("publishes only what exists after a build", async () => {
    const { exports, bin } = JSON.parse(await readRepositoryFile("package.json")) as {
      exports: Record<string, Record<string, string>>;
      bin: Record<string, string>;
    };
    const paths = new Set(files.map(({ path }) => path));
    for (const [name, conditions] of Object.entries(exports)) {
      const source = conditions["weir-source"]?.replace("./", "") ?? "";
      assert.ok(paths.has(source), `${name} is exported from ${source}, which does not exist`);
      assert.equal(conditions["default"], `./${source.replace(/^src/, "dist").replace(/\.ts$/, ".js")}`);
      assert.equal(conditions["types"], `./${source.replace(/^src/, "dist").replace(/\.ts$/, ".d.ts")}`);
    }
    for (const path of Object.values(bin)) assert.ok(paths.has(path), path);
  });
});
