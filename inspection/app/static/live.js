// Follows runs that go on, by server-sent events; a page whose run is over loads itself anew.
(() => {
  "use strict";
  const follow = (place, show) => {
    const events = new EventSource(`/live/${place}`);
    events.addEventListener("message", (event) => {
      const now = JSON.parse(event.data);
      if (now.state !== "running") {
        events.close();
        location.reload();
        return;
      }
      show(now);
    });
  };
  const words = (now) => {
    const running = now.nodes.filter((node) => node.state === "running").map((node) => node.name);
    const epoch = now.history.length ? `, epoch ${now.history.at(-1).epoch}` : "";
    return `${running.join(", ") || "between nodes"}${epoch}`;
  };

  for (const cell of document.querySelectorAll("[data-follow]")) {
    follow(cell.dataset.follow, (now) => { cell.textContent = words(now); });
  }

  const page = document.getElementById("live");
  if (!page) return;
  const cell = (text, name) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const showNodes = (nodes) => {
    const rows = nodes.map((node) => {
      const row = document.createElement("tr");
      const state = cell("", "td");
      const mark = cell(node.state, "span");
      mark.className = `state ${node.state}`;
      state.append(mark);
      const secs = cell(node.secs === null ? "" : node.secs.toFixed(1), "td");
      secs.className = "number";
      row.append(cell(node.name, "td"), state, secs);
      return row;
    });
    document.querySelector("#live-nodes tbody").replaceChildren(...rows);
  };
  const axis = (title, style) => ({ title, gridcolor: style("--line"), zerolinecolor: style("--line") });
  const showTraining = (history) => {
    const plot = document.getElementById("live-plot");
    document.getElementById("live-training").hidden = !history.length;
    if (!history.length) return;
    const css = getComputedStyle(document.documentElement);
    const style = (name) => css.getPropertyValue(name).trim();
    const names = Object.keys(history[0].train);
    const data = names.flatMap((name, place) => ["train", "evaluation"].map((split) => ({
      x: history.map((row) => row.epoch),
      y: history.map((row) => row[split][name]),
      name: `${split === "train" ? "train" : "eval"} ${name}`,
      xaxis: `x${place ? place + 1 : ""}`,
      yaxis: `y${place ? place + 1 : ""}`,
      line: { color: split === "train" ? "#2563eb" : "#ea580c" },
    })));
    const layout = {
      grid: { rows: 1, columns: names.length, pattern: "independent" }, height: 300, margin: { l: 50, r: 16, t: 24, b: 64 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: style("--ink") },
      legend: { orientation: "h", y: -0.25 },
    };
    names.forEach((name, place) => {
      layout[`xaxis${place ? place + 1 : ""}`] = axis("epoch", style);
      layout[`yaxis${place ? place + 1 : ""}`] = axis(name, style);
    });
    Plotly.react(plot, data, layout, { displaylogo: false, responsive: true });
    const last = history.at(-1);
    document.getElementById("live-last").textContent = `Epoch ${last.epoch}: ${names
      .map((name) => `train ${name} ${last.train[name].toFixed(4)}, eval ${name} ${last.evaluation[name].toFixed(4)}`).join("; ")}.`;
  };
  follow(page.dataset.live, (now) => {
    showNodes(now.nodes);
    showTraining(now.history);
    const log = document.querySelector("pre.log");
    if (log) {
      const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
      log.textContent = now.log;
      if (isAtEnd) log.scrollTop = log.scrollHeight;
    }
  });
})();
