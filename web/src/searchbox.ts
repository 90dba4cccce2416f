/** Search by street name: a text field with a list below, by the combobox pattern of the ARIA practices. */

import { h } from "./dom";
import { type NameRow, search } from "./names";

const MOST = 8;

export function searchBox(load: () => Promise<NameRow[]>, choose: (row: NameRow) => void): HTMLElement {
  return new SearchBox(load, choose).element;
}

class SearchBox {
  readonly element: HTMLElement;
  private names: NameRow[] = [];
  private found: NameRow[] = [];
  private active = -1;

  private readonly list = h("ul", {
    id: "found",
    role: "listbox",
    "aria-label": "Streets found",
    hidden: true,
  });
  private readonly status = h("p", { class: "visually-hidden", role: "status" });
  private readonly input = h("input", {
    id: "search",
    type: "search",
    placeholder: "Find a street",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": "Find a street",
    "aria-expanded": "false",
    "aria-controls": "found",
    "aria-autocomplete": "list",
  });

  constructor(
    private readonly load: () => Promise<NameRow[]>,
    private readonly choose: (row: NameRow) => void,
  ) {
    this.element = h("div", { class: "search" }, this.input, this.list, this.status);
    this.input.addEventListener("focus", () => void this.begin());
    this.input.addEventListener("blur", () => {
      this.show([]);
    });
    this.input.addEventListener("input", () => {
      this.look();
    });
    this.input.addEventListener("keydown", (event) => {
      this.onKey(event);
    });
  }

  /** The names are fetched when someone is about to search. */
  private async begin(): Promise<void> {
    if (this.names.length > 0) return;
    this.names = await this.load();
    this.look();
  }

  private look(): void {
    const text = this.input.value;
    this.show(search(this.names, text, MOST));
    const result = this.found.length === 0 ? "No street found" : `${this.found.length} streets found`;
    this.status.textContent = text === "" ? "" : result;
  }

  private show(found: NameRow[]): void {
    this.found = found;
    this.active = -1;
    this.draw();
  }

  private draw(): void {
    const { active, found, input, list } = this;
    list.replaceChildren(...found.map((row, n) => this.option(row, n)));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    if (active >= 0) input.setAttribute("aria-activedescendant", `found-${active}`);
    else input.removeAttribute("aria-activedescendant");
  }

  private option(row: NameRow, n: number): HTMLElement {
    // Before the field loses the focus and the list is gone.
    const mousedown = (event: Event): void => {
      event.preventDefault();
      this.pick(row);
    };
    const selected = String(n === this.active);
    return h("li", { id: `found-${n}`, role: "option", "aria-selected": selected, mousedown }, row[0]);
  }

  private pick(row: NameRow): void {
    this.input.value = row[0];
    this.show([]);
    this.choose(row);
  }

  private onKey(event: KeyboardEvent): void {
    const { found } = this;
    if (found.length === 0) return;
    if (event.key === "ArrowDown") this.active = (this.active + 1) % found.length;
    else if (event.key === "ArrowUp")
      this.active = (Math.max(this.active, 0) + found.length - 1) % found.length;
    else if (event.key === "Escape") found.length = 0;
    else if (event.key === "Enter") {
      const row = found[Math.max(this.active, 0)];
      if (row) this.pick(row);
    } else return;
    event.preventDefault();
    this.draw();
  }
}
