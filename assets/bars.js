// An answer: in words, and as ten bars, a Plotly figure changed in place, which st.plotly_chart draws
// anew. The digits stand beside it: an axis of Plotly's is slower than its bars.

const GRAY = "#8b95a3";

const percent = (p) => (p < 0.0005 ? "" : p > 0.9995 ? "> 99.9 %" : `${(100 * p).toFixed(1)} %`);

export default function (component) {
  return mount(component, (parent) => {
    const place = parent.querySelector(".bars"), sees = parent.querySelector(".sees");
    const said = parent.querySelector("h3"), how = parent.querySelector(".how");
    let library = null, latest = null, themed = "";

    function draw() {
      const c = colors(place);
      if (!library || !latest || !c.text || !place.isConnected) return;
      const values = latest.values, most = Math.max(...values);
      const bar = {
        x: values, text: values.map(percent),
        "marker.color": values.map((value) => (value === most ? c.accent : GRAY)),
      };
      place.setAttribute("aria-label", most ? `Probabilities: ${values.map((p, digit) => `${digit}: ${percent(p) || "0 %"}`).join(", ")}` : "Probabilities: none yet");
      if (themed === c.text + c.background) {
        library.restyle(place, { x: [bar.x], text: [bar.text], "marker.color": [bar["marker.color"]] }, [0]);
      } else {
        themed = c.text + c.background;
        library.react(
          place,
          [{
            type: "bar", orientation: "h", x: bar.x, y: [...values.keys()], text: bar.text,
            marker: { color: bar["marker.color"] }, textposition: "outside", cliponaxis: false,
          }],
          {
            paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: c.font, color: c.text, size: 14 },
            margin: { l: 0, r: 64, t: 0, b: 0 }, bargap: 0.35, showlegend: false,
            xaxis: { range: [0, 1], visible: false, fixedrange: true },
            yaxis: { range: [9.5, -0.5], visible: false, fixedrange: true },
          },
          { displayModeBar: false, staticPlot: true, responsive: true },
        );
      }
      place.dataset.strokes = latest.strokes; // what is shown answers so many
      requestAnimationFrame(() => document.dispatchEvent(new CustomEvent("digitscope-answered", { detail: latest.turn })));
    }

    // Exactly as the network is given it: 0 black, 255 white.
    function see() {
      sees.hidden = !latest.picture;
      if (sees.hidden) return;
      const image = new ImageData(28, 28), bytes = atob(latest.picture);
      for (let i = 0; i < bytes.length; i++) image.data.set([...Array(3).fill(bytes.charCodeAt(i)), 255], 4 * i);
      sees.querySelector("canvas").getContext("2d").putImageData(image, 0, 0);
    }

    // The theme may change without a word.
    const recolor = setInterval(() => {
      const c = colors(place);
      if (themed && c.text && themed !== c.text + c.background) draw();
    }, 1000);
    return {
      data(data) {
        latest = data;
        said.textContent = data.said;
        how.textContent = data.how;
        see();
        if (library) draw();
        else plotly(data.plotly).then((loaded) => { library = loaded; draw(); }, (error) => { place.textContent = error.message; });
      },
      end: () => {
        clearInterval(recolor);
        library?.purge(place);
      },
    };
  });
}
