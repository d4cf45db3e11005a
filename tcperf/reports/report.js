"use strict";
// What only a script can do: reading charts off, sorting and filtering.  Without it the page is whole, so that whatever
// belongs to it is made or shown here.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const SVG = "http://www.w3.org/2000/svg";

  // --- tables -----------------------------------------------------------------------------------------

  // On a telephone rows are laid out as cards, and some browsers then take the table for none: its roles are said.
  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  const role = part => ROLES[part.tagName] ?? (part.scope === "col" ? "columnheader" : "rowheader");
  for (const table of all("table")) {
    for (const part of [table, ...all("thead, tbody, tr, td, th", table)]) part.setAttribute("role", role(part));
  }

  // --- reading charts off -----------------------------------------------------------------------------

  const significant = value => {
    const size = Math.abs(value);
    return value.toFixed(size === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
  };
  const amount = (value, unit) => {
    if (unit === "pct") return `${significant(value)} %`;
    if (unit === "count") return Math.round(value).toLocaleString("en-US");
    let place = 0;
    for (; Math.abs(value) >= 1023.5 && place < 4; place++) value /= 1024;
    return `${place ? significant(value) : Math.round(value)} ${["B", "KiB", "MiB", "GiB", "TiB"][place]}`;
  };
  const time = ms => {
    if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
    const seconds = Math.floor(ms / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };

  // The corners of a drawn line, or those of the steps of a layer, in the units of their box.
  const corners = path => {
    const drawn = path.getAttribute("d");
    const found = [];
    let [x, y] = [0, 0];
    if (drawn.includes("V")) {
      for (const [, way, by] of drawn.matchAll(/([hV])(-?\d+)/g)) {
        if (way === "V") { y = +by; continue; }
        found.push([x, y], [x + +by, y]);
        x += +by;
      }
      return found;
    }
    // Of several lines each begins anew; the third says where.
    for (const line of drawn.split("M").slice(1)) {
      const numbers = line.match(/-?\d+/g).map(Number);
      [x, y] = [0, 0];
      for (let place = 0; place + 1 < numbers.length; place += 2) {
        x += numbers[place];
        y += numbers[place + 1];
        found.push([x, y, place === 0]);
      }
    }
    return found;
  };
  const height = (points, x) => {
    const after = points.findIndex(point => point[0] >= x);
    if (after < 0 || (after === 0 && points[0][0] > x)) return null;
    const [x1, y1] = points[after];
    if (x1 === x || after === 0) return y1;
    if (points[after][2]) return null;
    const [x0, y0] = points[after - 1];
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
  };

  for (const plot of all("svg.plot[data-ms]")) {
    const paths = all("path[data-name]", plot);
    if (!paths.length) continue;
    const [, , width, box] = paths[0].ownerSVGElement.getAttribute("viewBox").split(" ").map(Number);
    const length = +plot.dataset.ms, top = +plot.dataset.top, unit = plot.dataset.unit;
    const bands = all("rect.band", plot).map(band => {
      const [start, wide] = ["x", "width"].map(name => parseFloat(band.getAttribute(name)) / 100);
      return [start, start + wide, band.textContent.trim()];
    });
    const told = document.createElement("output");
    told.className = "read";
    const caption = plot.closest("figure").querySelector("figcaption");
    caption.append(told);
    const cursor = document.createElementNS(SVG, "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", 0);
    cursor.setAttribute("y2", plot.getAttribute("height") - 22);
    let lines = null, at = null;
    const values = share => {
      lines ??= paths.map(path => [path.dataset.name, corners(path), path.getAttribute("class")]);
      const found = [];
      let below = 0;
      // Layers are painted from the uppermost downwards, each as high as all below it together.
      const stacked = lines[0][2].startsWith("layer");
      for (const [name, points] of stacked ? [...lines].reverse() : lines) {
        const y = height(points, share * width);
        if (y === null) continue;
        const value = (1 - y / box) * top;
        found.push(`${name} ${amount(stacked ? value - below : value, unit)}${stacked ? "/s" : ""}`);
        if (stacked) below = value;
      }
      return found;
    };
    const show = share => {
      at = Math.min(1, Math.max(0, share));
      const phase = bands.find(([start, end]) => start <= at && at <= end);
      told.textContent = [time(at * length), ...(phase ? [phase[2]] : []), ...values(at)].join(" · ");
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, `${at * 100}%`);
      plot.append(cursor);
    };
    const hide = () => { told.textContent = ""; cursor.remove(); };
    plot.addEventListener("pointermove", event => {
      const { left, width: wide } = plot.getBoundingClientRect();
      show((event.clientX - left) / wide);
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("focus", () => { if (plot.matches(":focus-visible")) show(at ?? 0.5); });
    plot.addEventListener("keydown", event => {
      const to = { ArrowLeft: at - 0.01, ArrowRight: at + 0.01, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
    plot.setAttribute("tabindex", "0");
  }

  // --- sorting ----------------------------------------------------------------------------------------

  // A row and what is said below it stay together; what has no value goes last either way.
  const blocks = body => {
    const found = [];
    for (const row of body.rows) {
      if (row.classList.contains("why")) found.at(-1).push(row);
      else found.push([row]);
    }
    return found;
  };
  const sort = (table, heads, head, number) => {
    const first = number && head.cellIndex ? "descending" : "ascending";
    const now = head.getAttribute("aria-sort");
    const order = now === "ascending" ? "descending" : now === "descending" ? "ascending" : first;
    const sign = order === "ascending" ? 1 : -1;
    const key = ([row]) => {
      const cell = row.cells[head.cellIndex];
      return number ? parseFloat(cell.dataset.v) : cell.textContent.trim();
    };
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (!number) return sign * a.localeCompare(b);
      if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
      return sign * (a - b);
    };
    for (const body of table.tBodies) body.append(...blocks(body).sort(compare).flat());
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
  };
  for (const table of all("table.verdicts")) {
    const heads = all("th[data-sort]", table);
    if (table.tBodies[0].rows.length < 2) continue;
    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...[...head.childNodes].filter(node => node.nodeName !== "SMALL"));
      head.prepend(button);
      button.addEventListener("click", () => sort(table, heads, head, head.dataset.sort === "number"));
    }
  }

  // --- copying ----------------------------------------------------------------------------------------

  // Where the browser lets nobody write to the clipboard, as on a page without TLS, the words are marked instead.
  const words = document.getElementById("words");
  if (words) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy in words";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(all("li", words).map(each => each.textContent).join("\n"));
        button.textContent = "Copied";
      } catch {
        words.closest("details").open = true;
        getSelection().selectAllChildren(words);
        words.scrollIntoView({ block: "center" });
        button.textContent = "Marked below";
      }
    });
    document.querySelector(".contents").append(button);
  }

  // --- filtering --------------------------------------------------------------------------------------

  // So many rows are seen at a glance.
  const FEW = 8;
  const tools = document.getElementById("tools");
  const rows = all("tr[data-row]");
  if (!tools || rows.length <= FEW) return;
  const box = document.getElementById("filter"), found = document.getElementById("found");
  const texts = new Map(rows.map(row => [row, `${row.dataset.row} ${row.textContent}`.toLowerCase()]));
  const folds = all("details[data-fold]"), was = new Map();
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const row of rows) {
      row.hidden = !words.every(word => texts.get(row).includes(word));
      hits += !row.hidden;
      const below = row.nextElementSibling;
      if (below?.classList.contains("why")) below.hidden = row.hidden;
    }
    for (const body of all("table:has(tr[data-row]) > tbody")) {
      body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
    }
    for (const fold of folds) {
      if (!was.has(fold)) was.set(fold, fold.open);
      fold.open = words.length ? fold.querySelector("tr[data-row]:not([hidden])") !== null : was.get(fold);
    }
    if (!words.length) was.clear();
    found.textContent = words.length ? `${hits} of ${rows.length} rows` : "";
  };
  box.addEventListener("input", filter);
  tools.hidden = false;
})();
