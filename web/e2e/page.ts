/** A browser page that notes what must not happen: errors, and requests to other servers. */

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Map as GlMap } from "maplibre-gl";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";

declare global {
  interface Window {
    quietway?: { map: GlMap };
  }
}

const SCREENSHOTS = resolve(import.meta.dirname, "../../target/screenshots");

/** Flags with which WebGL works without a screen or a graphics card, and the browser keeps to itself. */
const FLAGS = (
  "--no-sandbox --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader --disable-quic --no-first-run " +
  "--disable-background-networking --disable-component-update --disable-sync"
).split(" ");

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export interface Transfer {
  /** Bytes on the wire, headers included. */
  wire: number;
  /** Bytes of the files, as a server without compression sends them. */
  plain: number;
}

export class Visit {
  readonly problems: string[] = [];
  private readonly sizes: Promise<Transfer>[] = [];

  private constructor(readonly page: Page) {}

  static async open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const visit = new Visit(await context.newPage());
    visit.watch(new URL(address).origin);
    await visit.page.goto(address);
    await visit.drawn();
    return visit;
  }

  private watch(origin: string): void {
    const { page, problems } = this;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        problems.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && new URL(url).origin !== origin) problems.push(`request to ${url}`);
    });
    page.on("requestfinished", (request) => {
      const measure = async (): Promise<Transfer> => {
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        const body = await (await request.response())?.body();
        return {
          wire: responseBodySize + responseHeadersSize,
          plain: (body?.length ?? 0) + responseHeadersSize,
        };
      };
      if (request.url().startsWith(origin)) this.sizes.push(measure());
    });
  }

  /** Waits until the map has nothing left to load or draw. */
  async drawn(): Promise<void> {
    await this.page.waitForFunction(
      () => window.quietway?.map.loaded() === true && window.quietway.map.areTilesLoaded(),
    );
    await this.page.evaluate(
      () =>
        new Promise<void>((done) => {
          const map = window.quietway?.map;
          void map?.once("idle", () => {
            done();
          });
          map?.triggerRepaint();
        }),
    );
  }

  async transferred(): Promise<Transfer> {
    const all = await Promise.all(this.sizes);
    return all.reduce((sum, one) => ({ wire: sum.wire + one.wire, plain: sum.plain + one.plain }), {
      wire: 0,
      plain: 0,
    });
  }

  /** Keeps a picture for people, and returns it. */
  async picture(name: string): Promise<Buffer> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    return this.page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
  }

  /** How many pixels of the map have nearly that colour. */
  async pixels(colour: string): Promise<number> {
    const { width = 0, height = 0 } = this.page.viewportSize() ?? {};
    // Beside the panel, whose legend has the colours too.
    const clip =
      width > 720
        ? { x: 380, y: 0, width: width - 380, height }
        : { x: 0, y: 0, width, height: height - 100 };
    const picture = await this.page.screenshot({ clip });
    return this.page.evaluate(
      async ({ png, colour }) => {
        const blob = new Blob([Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))], {
          type: "image/png",
        });
        const bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext("2d");
        context?.drawImage(bitmap, 0, 0);
        const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
        const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (wanted.every((value, n) => Math.abs((data[at + n] ?? 0) - value) < 8)) count++;
        }
        return count;
      },
      { png: picture.toString("base64"), colour },
    );
  }

  /** How the map paints blocks: `low`, `high` or null. */
  painted(ids: number[]): Promise<(string | null)[]> {
    return this.page.evaluate((ids) => {
      const of = (id: number): Record<string, string> =>
        window.quietway?.map.getFeatureState({ source: "quietway", sourceLayer: "blocks", id }) as Record<
          string,
          string
        >;
      return ids.map((id) => of(id).reached ?? null);
    }, ids);
  }

  /** Milliseconds from a click on the map until the element is there, by the page's own clock. */
  async answerTime(at: readonly [number, number], selector: string): Promise<number> {
    const took = this.page.evaluate(
      (selector) =>
        new Promise<number>((done) => {
          let start = 0;
          window.addEventListener("mousedown", () => (start = performance.now()), {
            capture: true,
            once: true,
          });
          const seen = new MutationObserver(() => {
            if (!document.querySelector(selector)) return;
            seen.disconnect();
            done(performance.now() - start);
          });
          seen.observe(document.body, { subtree: true, childList: true });
        }),
      selector,
    );
    await this.clickAt(at);
    return took;
  }

  /** Clicks the map at a place. */
  async clickAt([lon, lat]: readonly [number, number]): Promise<void> {
    const at = await this.page.evaluate((at) => window.quietway?.map.project(at), [lon, lat] as [
      number,
      number,
    ]);
    await this.page.mouse.click(at?.x ?? 0, at?.y ?? 0);
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}
