const look = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const data = new Map();
const theme = JSON.parse(document.getElementById("theme").textContent);

function themed() {
  const axis = { gridcolor: look("--line"), zerolinecolor: look("--line"), linecolor: look("--line") };
  const colours = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", "font.color": look("--ink") };
  for (const name of ["xaxis", "yaxis"]) {
    for (const [key, value] of Object.entries(axis)) colours[`${name}.${key}`] = value;
  }
  return colours;
}

function draw(plot) {
  if (plot.data) return plot;
  const figure = JSON.parse(document.getElementById(`${plot.id}-data`).textContent);
  data.set(plot.id, figure);
  Plotly.newPlot(plot, structuredClone(figure.data), { ...figure.layout, template: theme }, {
    responsive: true,
    typesetMath: false, // a name may say $5 and $10
    displayModeBar: false, // one of its buttons uploads the figure, and no keyboard reaches any
  });
  Plotly.relayout(plot, themed());
  return plot;
}

const drawnOf = (id) => draw(document.getElementById(id));

// Drawn when they come near: a dozen plots at once would keep a reader waiting for the answer.
const plots = [...document.querySelectorAll(".plot")];
const near = new IntersectionObserver(
  (entries) => {
    for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "500px" },
);
plots.forEach((plot) => near.observe(plot));
const drawn = () => plots.filter((plot) => plot.data);
const repaint = () => drawn().forEach((plot) => Plotly.relayout(plot, themed()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

// Paper is narrower than a screen, and white.
const PAPER = 680;
addEventListener("beforeprint", () => {
  plots.filter((plot) => !plot.closest("[hidden]")).forEach(draw);
  drawn().forEach((plot) => Plotly.relayout(plot, { ...themed(), width: PAPER }));
});
addEventListener("afterprint", () =>
  drawn().forEach((plot) => Plotly.relayout(plot, { ...themed(), width: null, autosize: true })),
);

for (const choice of document.querySelectorAll("[data-shows]")) {
  choice.addEventListener("change", () => {
    for (const other of document.getElementsByName(choice.name)) {
      document.getElementById(`${other.dataset.shows}-figure`).hidden = !other.checked;
    }
    drawnOf(choice.dataset.shows);
  });
}

for (const box of document.querySelectorAll("[data-on-demand]")) {
  box.addEventListener("change", () => {
    const plot = drawnOf(box.dataset.onDemand);
    const hidden = data.get(plot.id).data.flatMap((trace, i) => (trace.visible === false ? [i] : []));
    Plotly.restyle(plot, { visible: box.checked }, hidden);
  });
}

// Downloads.

const NUMBERS = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array,
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array,
};

function values(column) {
  if (!column?.bdata) return column ?? [];
  const bytes = Uint8Array.from(atob(column.bdata), (character) => character.charCodeAt(0));
  return new NUMBERS[column.dtype](bytes.buffer);
}

function cell(value) {
  // Seven digits are all that 32 bits hold.
  if (typeof value === "number") return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "";
  const text = new DOMParser().parseFromString(String(value).replaceAll("<br>", " "), "text/html").body.textContent;
  // No spreadsheet is to take a name for a formula: full-width signs count, and blanks before them do not.
  const harmless = /^[\t\r]|^[\s\u200b]*[=+\-@]/.test(text.normalize("NFKC")) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function csv(id) {
  const figure = data.get(drawnOf(id).id);
  const { tickvals = [], ticktext = [] } = figure.layout.yaxis ?? {};
  const lane = (value) => ticktext[tickvals.indexOf(value)] ?? value;
  const title = (axis) => figure.layout[axis]?.title?.text || axis[0];
  const rows = [["what", title("xaxis"), title("yaxis"), "from", "text"].map(cell).join(",")];
  for (const trace of figure.data) {
    const [x, y, base, text] = ["x", "y", "base", "text"].map((key) => values(trace[key]));
    for (let i = 0; i < x.length; i++) {
      rows.push([trace.name ?? "", x[i], lane(y[i]), base[i] ?? "", text[i] ?? ""].map(cell).join(","));
    }
  }
  return `${rows.join("\n")}\n`;
}

function save(name, url) {
  const link = document.createElement("a");
  link.download = name;
  link.href = url;
  link.click();
}

for (const button of document.querySelectorAll("[data-csv]")) {
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([csv(button.dataset.csv)], { type: "text/csv" }));
    save(`${button.dataset.csv}.csv`, url);
    URL.revokeObjectURL(url);
  });
}
for (const button of document.querySelectorAll("[data-png]")) {
  button.addEventListener("click", () =>
    Plotly.downloadImage(drawnOf(button.dataset.png), { format: "png", scale: 2, filename: button.dataset.png }),
  );
}

// Tables that sort by a column when its heading is pressed; what is no number comes last.

const HOURS = { days: 24, weeks: 168 };

function order(row, column) {
  const text = row.cells[column].textContent.trim();
  const [, amount = "", unit] = text.match(/^(-?[\d,.]+)(?:\s(days|weeks))?/) ?? [];
  const number = Number.parseFloat(amount.replaceAll(",", "")) * (HOURS[unit] ?? 1);
  return { text, number: Number.isNaN(number) ? Infinity : number };
}

for (const button of document.querySelectorAll("th > button")) {
  button.addEventListener("click", () => {
    const heading = button.parentElement;
    const descending = heading.ariaSort === "ascending";
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.ariaSort = descending ? "descending" : "ascending";
    const body = heading.closest("table").tBodies[0];
    const rows = [...body.rows].map((row) => [order(row, heading.cellIndex), row]);
    const sign = descending ? -1 : 1;
    rows.sort(([a], [b]) => {
      if (a.number === b.number) return sign * a.text.localeCompare(b.text);
      if (a.number === Infinity || b.number === Infinity) return a.number - b.number;
      return sign * (a.number - b.number);
    });
    body.append(...rows.map(([, row]) => row));
  });
}
