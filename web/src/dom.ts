/** Elements in one line each; text is always text, never markup. */

type Child = Node | string | null | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "string") element.setAttribute(name, value);
    else if (value) element.setAttribute(name, "");
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** An element of index.html. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
}

/** A small square of that colour; the text beside it says the same. */
export function swatch(colour: string, shape = "line"): HTMLElement {
  return h("span", { class: `swatch swatch-${shape}`, style: `--colour:${colour}`, "aria-hidden": "true" });
}

/** A bar of that share, 0 to 1. */
export function bar(share: number, className = "bar"): HTMLElement {
  const width = `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(1)}%`;
  return h("span", { class: className, "aria-hidden": "true" }, h("span", { style: `width:${width}` }));
}
