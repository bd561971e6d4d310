// The buttons of the run in view. Pause, Resume and Stop go over its live socket, so that they
// reach the worker at once, whatever Streamlit's script is doing; Start and New run need the
// script, which has the settings.

const AGAIN = 2000; // milliseconds: a press that the script has not confirmed by then is sent again

export default function (component) {
  return mount(component, (parent, { setTriggerValue }) => {
    const button = (name) => parent.querySelector(`[name=${name}]`);
    const all = [...parent.querySelectorAll("button")];
    let given = {}, stream = null; // from the script, from the socket
    let press = null, again = null; // for the script, not confirmed yet
    let seen = ""; // of the stream, what the buttons depend on
    let asked = null; // {state, button} of a command that has not changed the state yet

    function update() {
      const live = stream?.run === given.run ? stream : null;
      const state = live?.gone ? null : live?.status?.state ?? given.state;
      if (asked && (asked.state !== state || live?.refusal)) asked = null;
      const active = ["queued", "running", "paused"].includes(state);
      const connected = live && live.lost === null && live.status;
      const resumable = ["paused", "stopped", "interrupted"].includes(state);
      const can = {
        start: given.ready && !active,
        pause: connected && state === "running",
        resume: connected && resumable,
        stop: connected && active,
        new: active,
      };
      button("pause").hidden = resumable;
      button("resume").hidden = !resumable;
      button("new").hidden = !active;
      for (const each of all) {
        const waits = press?.what === each.name || asked?.button === each.name;
        each.disabled = !can[each.name] || waits;
        each.toggleAttribute("aria-busy", waits);
      }
    }

    // The script does each press once, however often it hears of it.
    function tell() {
      setTriggerValue("press", press);
      again = setTimeout(tell, AGAIN);
    }

    function pressed({ currentTarget: { name } }) {
      if (name === "start" || name === "new") {
        press = { what: name, id: crypto.getRandomValues(new Uint32Array(2)).join("-") };
        tell();
      } else {
        asked = { state: stream.status.state, button: name };
        stream.ask(name);
      }
      update();
    }
    for (const each of all) each.onclick = pressed;

    return {
      data(d) {
        given = d;
        parent.querySelector(".about").textContent = d.about ?? "";
        if (press && d.heard === press.id) {
          press = null;
          clearTimeout(again);
        }
        update();
      },
      show(news) {
        stream = news;
        const { status, lost, gone, refusal } = news;
        const now = [news.run, status?.state, lost === null, gone, refusal].join();
        if (now !== seen) update(); // not with every frame
        seen = now;
      },
      end: () => clearTimeout(again),
    };
  });
}
