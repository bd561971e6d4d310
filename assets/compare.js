// Two weight pictures and their difference, on one scale.

export default function (component) {
  return mount(component, (parent) => {
    const places = [...parent.querySelectorAll(".pictures > div")];
    const pictures = places.map((place) => picture(place.querySelector(".picture"), place.querySelector(".value")));
    const resized = new ResizeObserver(() => pictures.forEach((each) => each.draw()));
    resized.observe(parent.querySelector(".pictures"));
    return {
      data({ titles, weights }) {
        const all = decoded(weights, Float32Array);
        const scale = all.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
        places.forEach((place, i) => {
          place.querySelector("h4").textContent = titles[i];
          pictures[i].show(all.subarray(784 * i, 784 * (i + 1)), titles[i], scale);
        });
      },
      end: () => resized.disconnect(),
    };
  });
}
