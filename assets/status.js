// The status line: how far the run is.

const WORDS = {
  queued: "Getting ready",
  running: "Learning",
  paused: "Paused",
  finished: "Finished",
  stopped: "Stopped",
  diverged: "Diverged",
  failed: "Failed",
  interrupted: "Interrupted",
};

export default function (component) {
  return mount(component, (parent) => {
    const part = (name) => parent.querySelector(`.${name}`);
    let latest = null;
    const clock = setInterval(() => latest?.lost && write(latest), 1000);

    function write(stream) {
      latest = stream;
      const s = stream.status;
      const line = [];
      if (stream.gone) line.push(stream.gone);
      else if (s) {
        line.push(`epoch ${Math.min(s.epoch + (s.state !== "finished"), s.epochs)} of ${s.epochs}`);
        line.push(`${prettyCount.format(s.samples_seen)} digits seen`);
        if (s.seconds) line.push(`${prettyCount.format(Math.round(s.samples_seen / s.seconds / 100) * 100)} a second`);
        if (s.test_accuracy !== null) line.push(`reads ${(100 * s.test_accuracy).toFixed(1)} % of the test digits`);
        const left = s.step ? (s.seconds / s.step) * (s.steps - s.step) : 0;
        if (s.state === "running" && left >= 1) line.push(`about ${Math.round(left)} s left`);
      }
      // For who listens: once an epoch or when something happens, not with every frame.
      const heard = stream.lost ? "The connection is lost" : stream.gone || !s ? stream.gone : `${WORDS[s.state]}${s.epoch ? `, epoch ${s.epoch} of ${s.epochs} done${s.test_accuracy === null ? "" : `: ${(100 * s.test_accuracy).toFixed(1)} % of the test digits read right`}` : ""}. ${stream.refusal || s.sentence}`;
      if (part("heard").textContent !== heard) part("heard").textContent = heard;
      part("state").textContent = stream.gone ? "Gone" : WORDS[s?.state] ?? "";
      part("line").textContent = line.join(" · ");
      const sentence = stream.lost
        ? `The connection to Digitscope is lost; what you see is ${Math.round((Date.now() - stream.lost) / 1000)} s old. It tries again by itself.${["queued", "running"].includes(s?.state) ? " Training goes on without it." : ""}`
        : stream.refusal || (s?.sentence ?? "");
      if (part("sentence").textContent !== sentence) part("sentence").textContent = sentence;
      const done = s?.steps ? s.step / s.steps : 0;
      part("done").style.width = `${100 * done}%`;
      part("bar").setAttribute("aria-valuenow", Math.round(100 * done));
      parent.host?.setAttribute("data-state", s?.state ?? "");
    }

    return {
      data: ({ about }) => { part("about").textContent = about; },
      show: write,
      end: () => clearInterval(clock),
    };
  });
}
