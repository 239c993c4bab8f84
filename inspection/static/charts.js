// Draws the figures of a page in the page's colours, each when it comes near the screen.
(() => {
  "use strict";
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--ink"), line: of("--line"), dim: of("--dim"), paper: of("--paper") };
  };
  const themed = (layout) => {
    const { ink, line, dim, paper } = colours();
    const axes = {};
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis\d*$/.test(key)) {
        axes[key] = { ...layout[key], gridcolor: line, zerolinecolor: dim, linecolor: line };
      }
    }
    for (const key of ["xaxis", "yaxis"]) {
      axes[key] ??= { gridcolor: line, zerolinecolor: dim, linecolor: line };
    }
    const annotations = (layout.annotations ?? []).map((each) => (each.bgcolor ? { ...each, bgcolor: paper } : each));
    return {
      ...layout, ...axes, annotations, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { ...layout.font, color: ink },
    };
  };
  const draw = (chart) => {
    const figure = JSON.parse(chart.querySelector("script").textContent);
    const options = { displaylogo: false, responsive: !figure.layout.width, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
    Plotly.react(chart.querySelector(".plot"), figure.data, themed(figure.layout), options);
    chart.dataset.drawn = "";
  };
  const drawAll = () => document.querySelectorAll("figure.chart").forEach(draw);
  const start = () => {
    const charts = document.querySelectorAll("figure.chart");
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          near.unobserve(entry.target);
          draw(entry.target);
        }
      }
    }, { rootMargin: "600px" });
    charts.forEach((chart) => near.observe(chart));
    addEventListener("beforeprint", drawAll);
    const again = () => document.querySelectorAll("figure.chart[data-drawn]").forEach(draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  };
  if (document.readyState === "loading") {
    addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
