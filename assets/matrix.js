// The confusion matrix: a Plotly figure changed in place, which st.plotly_chart draws anew. The digits
// stand beside it: axes of Plotly's take as long as all the cells.

const RED = "194, 56, 46", GREEN = "13, 140, 130";

export default function (component) {
  return drawn(component, async (place, data, theme, { setTriggerValue }) => {
    let library;
    try {
      library = await plotly(data.plotly);
    } catch (error) {
      return void (place.textContent = error.message);
    }
    place.setAttribute("aria-label", data.alt);
    const digits = [...data.shades.keys()];
    const sides = (digit) => (digits.includes(digit) ? [digit - 0.5, digit + 0.5] : [-0.5, 9.5]);
    const [truth, answer] = data.chosen, [y0, y1] = sides(truth), [x0, x1] = sides(answer);
    const axis = { visible: false, fixedrange: true };
    library.react(
      place,
      [{
        type: "heatmap", z: data.shades, x: digits, y: digits, zmin: -1, zmax: 1, showscale: false, xgap: 1, ygap: 1,
        colorscale: [[0, `rgba(${RED}, 0.7)`], [0.5, `rgba(${RED}, 0)`], [0.5, `rgba(${GREEN}, 0)`], [1, `rgba(${GREEN}, 0.7)`]],
        text: data.text, texttemplate: "%{text}", textfont: { size: 11, color: theme.text },
        customdata: data.numbers,
        hovertemplate: "%{y}, read as %{x}: %{customdata[0]:,} pictures<br>%{customdata[1]:.1f} % of all that are %{y}<extra></extra>",
      }],
      {
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: theme.font, color: theme.text, size: 12 },
        margin: { l: 0, r: 0, t: 0, b: 0 }, dragmode: false, hoverdistance: 1,
        shapes: Math.max(truth, answer) < 0 ? [] : [{ type: "rect", x0, x1, y0, y1, line: { width: 2.5, color: theme.text } }],
        xaxis: { ...axis, range: [-0.5, 9.5] },
        yaxis: { ...axis, range: [9.5, -0.5] },
      },
      { displayModeBar: false, responsive: true },
    );
    place.removeAllListeners("plotly_click");
    place.on("plotly_click", ({ points: [cell] }) => cell && setTriggerValue("cell", [cell.y, cell.x]));
  }, (place) => globalThis.Plotly?.purge(place));
}
