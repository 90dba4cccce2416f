/** Search by street name: a text field with a list below, by the combobox pattern of the ARIA practices. */

import { h } from "./dom";
import { type NameRow, search } from "./names";

const MOST = 8;

export function searchBox(load: () => Promise<NameRow[]>, choose: (row: NameRow) => void): HTMLElement {
  let names: NameRow[] = [];
  let found: NameRow[] = [];
  let active = -1;

  const list = h("ul", { id: "found", role: "listbox", "aria-label": "Streets found", hidden: true });
  const input = h("input", {
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
  const status = h("p", { class: "visually-hidden", role: "status" });

  const show = (): void => {
    const option = (row: NameRow, n: number): HTMLElement =>
      h(
        "li",
        {
          id: `found-${n}`,
          role: "option",
          "aria-selected": String(n === active),
          // Before the field loses the focus and the list is gone.
          mousedown: (event) => {
            event.preventDefault();
            pick(row);
          },
        },
        row[0],
      );
    list.replaceChildren(...found.map(option));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    if (active >= 0) input.setAttribute("aria-activedescendant", `found-${active}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const look = (): void => {
    found = search(names, input.value, MOST);
    active = -1;
    show();
    const none = found.length === 0 ? "No street found" : `${found.length} streets found`;
    status.textContent = input.value === "" ? "" : none;
  };
  const close = (): void => {
    found = [];
    active = -1;
    show();
  };
  const pick = (row: NameRow): void => {
    input.value = row[0];
    close();
    choose(row);
  };
  const onKey = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && found.length > 0) {
      active = (active + step + found.length + (active < 0 && step < 0 ? 1 : 0)) % found.length;
      show();
    } else if (event.key === "Enter") {
      const row = found[Math.max(active, 0)];
      if (row) pick(row);
    } else if (event.key === "Escape" && found.length > 0) {
      close();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };

  input.addEventListener("focus", () => {
    if (names.length > 0) return;
    void load().then((rows) => {
      names = rows;
      look();
    });
  });
  input.addEventListener("input", look);
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", close);
  return h("div", { class: "search" }, input, list, status);
}
