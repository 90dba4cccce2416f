import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { LineString, MultiPolygon } from "geojson";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { DARK, LIGHT } from "../src/palette";
import { Visit, startBrowser } from "./page";
import { busyBlock, features, middleOf, pairsOf } from "./published";

const address = inject("address");
const results = inject("results");
const blocks = features<MultiPolygon>(results, "census_blocks");
const ways = features<LineString>(results, "ways");
const block = busyBlock(blocks);
const blockId = String(block.properties.geoid20);
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true };

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** Opens the page at a hash; afterwards nothing must have gone wrong. */
async function visiting(
  hash: string,
  options: BrowserContextOptions,
  doing: (visit: Visit) => Promise<void>,
): Promise<void> {
  const visit = await Visit.open(browser, address + hash, options);
  await doing(visit);
  expect(visit.problems).toEqual([]);
  await visit.end();
}

const around = ([lon, lat]: readonly [number, number], zoom: number): string => `#${zoom}/${lat}/${lon}`;

test("the first view has both stress colours and takes less than 1.5 MB, code included", async () => {
  await visiting("", {}, async (visit) => {
    await visit.picture("start");
    expect(await visit.pixels(LIGHT.stress.low)).toBeGreaterThan(500);
    expect(await visit.pixels(LIGHT.stress.high)).toBeGreaterThan(500);
    expect(await visit.page.locator("h1").textContent()).toBe("Monaco");
    expect(await visit.page.locator("#head-score strong").textContent()).toBe("25");
    const { wire, plain } = await visit.transferred();
    console.log(`first view: ${wire} bytes on the wire, ${plain} from a server that does not compress`);
    expect(wire).toBeGreaterThan(200_000);
    expect(plain).toBeLessThan(1_500_000);
  });
});

test("it is drawn for the night too", async () => {
  await visiting("", { colorScheme: "dark" }, async (visit) => {
    await visit.picture("start-dark");
    expect(await visit.pixels(DARK.stress.low)).toBeGreaterThan(500);
    expect(await visit.pixels(DARK.stress.high)).toBeGreaterThan(500);
  });
});

test("layers, colours and filters change what is drawn", async () => {
  await visiting("", {}, async (visit) => {
    const { page } = visit;
    await page.getByLabel("Stressful").uncheck();
    await visit.drawn();
    expect(await visit.pixels(LIGHT.stress.high)).toBe(0);
    expect(await visit.pixels(LIGHT.stress.low)).toBeGreaterThan(500);
    await page.getByLabel("Stressful").check();
    await page.getByText("Lanes", { exact: true }).click();
    await visit.drawn();
    expect(await visit.pixels(LIGHT.infra.path)).toBeGreaterThan(200);
    await visit.picture("lanes");
    await page.getByText("Islands", { exact: true }).click();
    await visit.drawn();
    expect(await visit.pixels(LIGHT.islands[0] ?? "")).toBeGreaterThan(200);
    await page.getByText("Off", { exact: true }).click();
    await page.getByLabel("Colour blocks by").selectOption("overall_score");
    await page.getByRole("button", { name: "Parks", exact: true }).click();
    await visit.drawn();
    expect(await visit.pixels(LIGHT.stress.low)).toBe(0);
    await visit.picture("blocks");
    expect(page.url()).toContain("streets=off&blocks=overall_score&places=parks");
    await page.reload();
    await visit.drawn();
    expect(await page.getByLabel("Colour blocks by").inputValue()).toBe("overall_score");
  });
});

test("a street says what it is and why it has its stress", async () => {
  const streets = ways.filter(
    ({ properties, geometry }) => properties.name && geometry.coordinates.length === 2,
  );
  const street = streets.find(
    ({ properties }) => properties.ft_seg_stress === 3 && properties.one_way === null,
  );
  const [[lon = 0, lat = 0] = [], [lon2 = 0, lat2 = 0] = []] = street?.geometry.coordinates ?? [];
  const middle = [(lon + lon2) / 2, (lat + lat2) / 2] as const;
  await visiting(around(middle, 18), {}, async (visit) => {
    await visit.clickAt(middle);
    const card = visit.page.locator("#card");
    await card.getByRole("heading", { level: 2 }).waitFor();
    const text = (await card.innerText()).toLowerCase();
    expect(text).toContain(String(street?.properties.name).toLowerCase());
    expect(text).toContain(String(street?.properties.ft_seg_stress_reason).toLowerCase());
    expect(await card.getByRole("link").getAttribute("href")).toBe(
      `https://www.openstreetmap.org/way/${String(street?.properties.osm_id)}`,
    );
    await visit.drawn();
    await visit.picture("street");
    await visit.page.keyboard.press("Escape");
    await card.waitFor({ state: "hidden" });
  });
});

test("a block says what it reaches: the pairs of the CSV, the counts of the blocks", async () => {
  await visiting(`${around(middleOf(block), 15)}&streets=off`, {}, async (visit) => {
    const { page } = visit;
    const took = await visit.answerTime(middleOf(block), "table.reach");
    console.log(`a click on a block answers in ${took.toFixed(0)} ms, browser and server on this machine`);
    await visit.drawn();
    await visit.picture("block");

    const cells = (category: string): Promise<string[]> =>
      page.locator(`tr[data-category="${category}"] td`).allInnerTexts();
    const pairs = pairsOf(results, blockId);
    const calm = [...pairs.values()].filter(Boolean).length;
    expect(await cells("blocks")).toEqual(
      [calm, pairs.size - calm].map((count) => count.toLocaleString("en")),
    );
    let rows = 0;
    for (const [column, high] of Object.entries(block.properties)) {
      const category = column.replace(/_high_stress$/, "");
      if (category === column || !high) continue;
      const low = Number(block.properties[`${category}_low_stress`] ?? 0);
      expect(await cells(category), category).toEqual(
        [low, Number(high) - low].map((count) => count.toLocaleString("en")),
      );
      rows++;
    }
    expect(await page.locator("table.reach tbody tr").count()).toBe(rows + 1);

    const painted = await visit.painted(blocks.map(({ properties }) => Number(properties.gid)));
    const expected = blocks.map(({ properties }) => {
      const low = pairs.get(String(properties.geoid20));
      return low === undefined ? null : low ? "low" : "high";
    });
    expect(painted).toEqual(expected);
    expect(pairs.size).toBeGreaterThan(50);
  });
});

test("the address opens a block again, and takes it away", async () => {
  const gid = Number(block.properties.gid);
  await visiting(`${around(middleOf(block), 14)}&places=schools&block=${gid}`, {}, async (visit) => {
    await visit.page.locator("table.reach").waitFor();
    expect(await visit.page.locator("#card h2").innerText()).toBe(blockId);
    await visit.page.getByRole("button", { name: "Close" }).click();
    expect(visit.page.url()).not.toContain("block=");
  });
});

test("everything can be done by keyboard", async () => {
  await visiting("", {}, async (visit) => {
    const { page } = visit;
    await page.getByLabel("Find a street").focus();
    await page.keyboard.type("grimald");
    await page.locator("#found").getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#found").getByRole("option", { selected: true }).innerText()).toBe(
      "Rue Grimaldi",
    );
    await page.keyboard.press("Enter");
    await page.locator("#card").getByText("Rue Grimaldi").waitFor();
    await page.getByRole("button", { name: "What can I reach from here?" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("table.reach").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#card").waitFor({ state: "hidden" });
    await page.locator("canvas").focus();
    await page.keyboard.press("Enter");
    await page.locator("#card").waitFor();
    expect(await page.locator("#crosshair").isVisible()).toBe(true);
  });
});

test("it works on a phone of 360 pixels", async () => {
  await visiting("", PHONE, async (visit) => {
    const { page } = visit;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBe(360);
    expect(await visit.pixels(LIGHT.stress.low)).toBeGreaterThan(200);
    await visit.picture("phone");
    await page.getByRole("button", { name: "Show or hide the panel" }).click();
    await page.getByLabel("Colour blocks by").selectOption("overall_score");
    await visit.picture("phone-panel");
    await page.getByRole("button", { name: "Show or hide the panel" }).click();
    await visit.clickAt(middleOf(block));
    await page.locator("#card").waitFor();
    await visit.drawn();
    await visit.picture("phone-card");
    for (const locator of await page.locator("#panel button:visible, #panel select:visible").all()) {
      const box = await locator.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(361);
    }
  });
});

test("axe finds no serious fault", async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const gid = Number(block.properties.gid);
  const [lon = 0, lat = 0] = ways[0]?.geometry.coordinates[0] ?? [];
  const street = `${around([lon, lat], 17)}&street=${Number(ways[0]?.properties.road_id)}`;
  const views: [string, BrowserContextOptions][] = [
    ["#places=schools&blocks=overall_score", {}],
    [`${around(middleOf(block), 14)}&block=${gid}`, { colorScheme: "dark" }],
    [street, {}],
    [street, { ...PHONE, colorScheme: "dark" }],
  ];
  for (const [hash, options] of views) {
    await visiting(hash, options, async (visit) => {
      if (hash.includes("block=")) await visit.page.locator("table.reach").waitFor();
      for (const details of await visit.page.locator("summary:visible").all()) await details.click();
      await visit.page.evaluate(axe);
      const found = await visit.page.evaluate<AxeResults>("axe.run()");
      const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual(
        [],
      );
      expect(found.passes.length).toBeGreaterThan(10);
    });
  }
});

test("results that cannot be read are said", async () => {
  const page = await browser.newPage();
  await page.route("**/map/map.json", (route) => route.fulfill({ status: 404 }));
  await page.goto(address);
  await page.getByRole("status").getByText("cannot be read").waitFor();
  await page.unroute("**/map/map.json");
  await page.route("**/*.pmtiles", (route) => route.fulfill({ status: 500 }));
  await page.goto(address);
  await page.getByRole("status").getByText("the server answers with status 500").waitFor();
  await page.close();
});

test("only a base map that the user names is asked for elsewhere", async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  await page.route("https://tiles.example/**", (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto(`${address}?basemap=https://tiles.example/{z}/{x}/{y}.png`);
  await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(asked[0]).toMatch(/^https:\/\/tiles\.example\/\d+\/\d+\/\d+\.png$/);
  await page.getByText("Base map: tiles.example").waitFor();
  await page.close();
});
