// Tables that sort, the runs' search and keys. All pages work without it.
(() => {
  "use strict";
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text.replace(/[, ]/g, ""));
    return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    return typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
  };
  const sortBy = (table, head) => {
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    const keyed = rows.map((row, place) => ({ row, place, key: value(row, column) }));
    keyed.sort((a, b) => {
      if (a.key === "" || b.key === "") return compare(a.key, b.key);
      return (down ? -1 : 1) * compare(a.key, b.key) || a.place - b.place;
    });
    table.tBodies[0].append(...keyed.map((each) => each.row));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    if (!table.tHead) continue;
    for (const head of table.tHead.rows[0].cells) {
      if (head.classList.contains("pick") || !head.textContent.trim()) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => sortBy(table, head));
    }
  }

  const table = document.getElementById("runs-table");
  if (table) {
    const search = document.getElementById("search");
    const state = document.getElementById("state");
    const root = document.getElementById("root");
    const count = document.getElementById("count");
    const body = table.tBodies[0];
    const shown = () => [...body.rows].filter((row) => !row.hidden);
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of body.rows) {
        row.hidden = !words.every((word) => row.dataset.words.includes(word)) ||
          (state.value !== "" && row.dataset.state !== state.value) ||
          (Boolean(root?.value) && row.dataset.root !== root.value);
      }
      const number = shown().length;
      count.textContent = `${number} of ${body.rows.length} runs`;
    };
    for (const field of [search, state, root]) field?.addEventListener("input", filter);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "Escape") search.blur();
    });
    if (search.value || state.value || root?.value) filter();
    const at = () => body.querySelector("tr.at");
    const move = (step) => {
      const rows = shown();
      if (!rows.length) return;
      const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(at()) + step))];
      at()?.classList.remove("at");
      next.classList.add("at");
      next.querySelector("a").focus();
      next.scrollIntoView({ block: "nearest" });
    };
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=search], select")) return;
      const actions = {
        "/": () => search.focus(),
        j: () => move(1),
        k: () => move(-1),
        x: () => at()?.querySelector("input").click(),
        c: () => document.getElementById("runs-form").requestSubmit(),
      };
      if (actions[event.key]) {
        event.preventDefault();
        actions[event.key]();
      }
    });
  }
})();
