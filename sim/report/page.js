for (const plot of document.querySelectorAll(".plot")) {
  const figure = JSON.parse(document.getElementById(`${plot.id}-data`).textContent);
  Plotly.newPlot(plot, figure.data, figure.layout, {
    responsive: true,
    displaylogo: false,
    typesetMath: false, // a name may say $5 and $10
    // Named one by one: among Plotly's own is one that uploads the figure.
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  });
}
