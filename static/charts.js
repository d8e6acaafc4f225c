// Draws figures that the server built, in the colours of the page.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function draw(element) {
  const figure = JSON.parse(document.getElementById(element.dataset.figure).textContent);
  for (const trace of figure.data) {
    const paint = colour(trace.meta);
    if (trace.type === "bar") {
      trace.marker = { color: paint };
      if (trace.error_y) trace.error_y.color = colour("ink");
    }
    else if (trace.fill) Object.assign(trace, { fillcolor: paint.replace("rgb(", "rgba(").replace(")", ", 0.18)"), line: { width: 0 } });
    else Object.assign(trace, { line: { ...trace.line, color: paint, width: 2.5 }, marker: { size: 5, ...trace.marker, color: paint } });
  }
  const ink = colour("ink"), rule = colour("rule");
  const axis = { gridcolor: rule, linecolor: rule, zerolinecolor: rule };
  Object.assign(figure.layout, { paper_bgcolor: "transparent", plot_bgcolor: "transparent", font: { color: ink, family: "inherit", size: 13 } });
  for (const name of ["xaxis", "yaxis", "yaxis2"]) if (figure.layout[name]) Object.assign(figure.layout[name], axis);
  figure.layout.hoverlabel = { bgcolor: colour("card"), font: { color: ink } };
  Plotly.react(element, figure.data, figure.layout, { displayModeBar: false, responsive: true });
}

const drawAll = () => document.querySelectorAll(".chart[data-figure]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
