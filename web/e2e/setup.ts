/** Measures Monaco, or takes such results from QUIETWAY_RESULTS, and serves them with `quietway view`: the page is tested as users get it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    address: string;
    results: string;
  }
}

const root = resolve(import.meta.dirname, "../..");
const binary = process.env.QUIETWAY_BIN ?? join(root, "target/release/quietway");

export default async function setup(project: TestProject): Promise<() => void> {
  if (!existsSync(binary))
    throw new Error(`${binary} is not there: run scripts/build-web, then cargo build --release`);
  const given = process.env.QUIETWAY_RESULTS;
  const folder = given ?? mkdtempSync(join(tmpdir(), "quietway-e2e-"));
  if (!given) measure(folder);
  // For work on the page: what was built last, in place of what the binary holds.
  if (process.env.QUIETWAY_PAGE) cpSync(process.env.QUIETWAY_PAGE, folder, { recursive: true });
  const server = spawn(binary, ["view", folder, "--no-open"], { stdio: ["ignore", "pipe", "inherit"] });
  project.provide("address", await addressOf(server));
  project.provide("results", folder);
  return () => {
    server.kill();
    if (!given) rmSync(folder, { recursive: true });
  };
}

function measure(folder: string): void {
  const fixture = join(root, "tests/fixtures/monaco");
  const place = ["--boundary", join(fixture, "boundary.geojson"), "--osm", join(fixture, "monaco.osm.pbf")];
  execFileSync(binary, [
    "run",
    ...place,
    "--grid-size",
    "150",
    "--country",
    "MC",
    "--out",
    folder,
    "--progress",
    "none",
    "--overwrite",
  ]);
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    server.stdout?.once("data", (text: Buffer) => {
      found(text.toString().split(" ")[0] ?? "");
    });
    server.once("exit", (code) => {
      failed(new Error(`quietway view ended with ${code}`));
    });
  });
}
