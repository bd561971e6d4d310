// The buttons of the run in view. What concerns its worker goes over its live socket, so that it is
// obeyed at once, whatever Streamlit's script is doing; Start, Restart and New run need the script,
// which has the settings.

const AGAIN = 2000; // milliseconds: a press that the script has not confirmed by then is sent again
const SPEEDS = [1, 2, 5, 10, 25, 0]; // batches a second; 0: as many as it can
const KEYS = { s: "start", p: "pause", b: "batch", e: "epoch", x: "stop" };

export default function (component) {
  return mount(component, (parent, { setTriggerValue }) => {
    const part = (name) => parent.querySelector(`[name=${name}]`);
    const all = [...parent.querySelectorAll("button")];
    const speed = part("speed"), rate = part("rate");
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
      const mine = connected && given.mine; // else one may watch only
      const paused = mine && state === "paused";
      const can = {
        start: given.ready && !active,
        pause: mine && state === "running",
        resume: mine && resumable,
        batch: paused,
        epoch: paused,
        stop: mine && active,
        restart: given.run && !active,
        new: active,
      };
      const shown = {
        pause: !resumable, resume: resumable, batch: state === "paused", epoch: state === "paused",
        restart: given.run && !active, new: active,
      };
      for (const each of all) {
        const waits = press?.what === each.name || asked?.button === each.name;
        each.hidden = !(shown[each.name] ?? true);
        each.disabled = !can[each.name] || waits;
        each.toggleAttribute("aria-busy", waits);
      }
      parent.querySelector(".tuning").hidden = !active;
      speed.disabled = rate.disabled = !(mine && ["running", "paused"].includes(state));
      if (parent.getRootNode().activeElement !== rate) rate.value = live?.status?.lr ?? given.lr ?? "";
    }

    // The script does each press once, however often it hears of it.
    function tell() {
      setTriggerValue("press", press);
      again = setTimeout(tell, AGAIN);
    }

    function pressed(name) {
      if (["start", "restart", "new"].includes(name)) {
        press = { what: name, id: crypto.getRandomValues(new Uint32Array(2)).join("-") };
        tell();
      } else if (name === "batch") stream.ask("step", 1);
      else if (name === "epoch") {
        const { step, steps, epochs } = stream.status, per = Math.round(steps / epochs);
        stream.ask("step", per - (step % per));
      } else {
        asked = { state: stream.status.state, button: name };
        stream.ask(name);
      }
      update();
    }
    for (const each of all) each.onclick = () => pressed(each.name);

    function tellSpeed() {
      const value = SPEEDS[speed.value];
      const words = value ? `${value} a second` : "full speed";
      speed.setAttribute("aria-valuetext", words);
      parent.querySelector("output").textContent = words;
      return value;
    }
    speed.oninput = tellSpeed;
    speed.onchange = () => stream.ask("speed", tellSpeed());
    speed.max = speed.value = SPEEDS.length - 1;
    tellSpeed();
    rate.onchange = () => stream.ask("rate", rate.valueAsNumber);

    // Keys, unless somebody types or means another program's shortcut.
    function key(event) {
      const on = event.composedPath()[0];
      const typing = on.isContentEditable || /^(input|textarea|select)$/i.test(on.tagName);
      let name = KEYS[event.key.toLowerCase()];
      if (!name || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (name === "pause" && part("pause").hidden) name = "resume";
      const button = part(name);
      if (button.hidden || button.disabled) return;
      event.preventDefault();
      pressed(name);
    }
    document.addEventListener("keydown", key);

    return {
      data(d) {
        if (d.run !== given.run) {
          speed.value = speed.max;
          tellSpeed();
        }
        given = d;
        if (press && d.heard === press.id) {
          press = null;
          clearTimeout(again);
        }
        update();
      },
      show(news) {
        stream = news;
        const { status, lost, gone, refusal } = news;
        const now = [news.run, status?.state, status?.lr, lost === null, gone, refusal].join();
        if (now !== seen) update(); // not with every frame
        seen = now;
      },
      end() {
        clearTimeout(again);
        document.removeEventListener("keydown", key);
      },
    };
  });
}
