// BIP channels and OTA sessions on a time line.

import { byID, make, makeSVG, setAttribute, setChildren, setHidden, setText } from "./dom.js";
import { age, bytes, clock, duration, words } from "./format.js";

/** Lengths of the time line, in seconds; the shortest that has the newest lanes is taken. */
const spans = [10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400];
const newestLanes = 6;

export function showTimeline(status) {
    const lanes = [...status.ota.map(otaLane), ...status.channels.map(channelLane)];
    lanes.sort((one, other) => other.begin - one.begin);
    const now = Date.parse(status.time) / 1000;
    setHidden(byID("channels-empty"), lanes.length > 0);
    setHidden(byID("axis"), lanes.length === 0);
    const open = lanes.filter((lane) => lane.state === "open").length;
    setText(byID("channel-count"), lanes.length > 0 ? `${open} open, ${lanes.length - open} ended` : "");
    if (lanes.length === 0) return setChildren(byID("channels"), [], String, make, () => {});
    const oldest = now - lanes[Math.min(newestLanes, lanes.length) - 1].begin;
    const span = spans.find((span) => span >= oldest) ?? oldest;
    showAxis(span);
    setChildren(byID("channels"), lanes, (lane) => lane.id, makeLane, (node, lane) => updateLane(node, lane, now, span));
}

const kinds = { scp81: "OTA session", scp80: "OTA packet", channel: "OTA trigger", download: "eSIM download" };

const otaLane = (session) => ({
    id: `ota ${session.id}`, begin: Date.parse(session.began_at) / 1000, seconds: session.age_seconds,
    state: session.state, name: kinds[session.kind] ?? session.kind, device: session.device,
    steps: session.steps.filter((step) => step.state === "seen"),
    what: [
        session.tap && session.tap !== session.device ? `${session.device}, ${session.tap}` : session.device,
        session.reason && words(session.reason),
        ...session.steps.filter((step) => step.state === "seen").map(seenStep),
        otherSteps("unknown", session), otherSteps("not_reached", session),
    ].filter(Boolean).join(" · "),
});

const seenStep = (step) =>
    `${words(step.name)} ${duration(step.seconds)}${step.result && step.result !== "ok" ? ` ${words(step.result)}` : ""}`;

function otherSteps(state, session) {
    const names = session.steps.filter((step) => step.state === state).map((step) => words(step.name));
    return names.length > 0 ? `${words(state)}: ${names.join(", ")}` : "";
}

/** What ended a channel, where its name says too little. */
const channelEnds = { dropped: "link dropped", stale: "lost", reset: "card reset", source_gone: "abandoned" };

const channelLane = (channel) => ({
    id: channel.id, begin: Date.parse(channel.opened_at) / 1000, seconds: channel.age_seconds, state: channel.state,
    name: channel.destination, device: channel.device,
    what: [
        channel.bearer !== "none" && words(channel.bearer), `channel ${channel.channel}`,
        `${bytes(channel.sent_bytes)} out, ${bytes(channel.received_bytes)} in`,
        channel.reason && (channelEnds[channel.reason] ?? words(channel.reason)),
    ].filter(Boolean).join(" · "),
});

function showAxis(span) {
    const marks = [span, span / 2, 0].map((seconds) => (seconds === 0 ? "now" : `−${age(seconds).replace(/ 0 \w+$/, "")}`));
    setChildren(byID("axis"), marks.map((text, index) => ({ text, index })), (mark) => mark.index, () => make("span"),
        (node, mark) => setText(node, mark.text));
}

/** What a lane's end looks like. */
const ends = { open: "▸", completed: "■", failed: "✕", timeout: "✕" };

function makeLane() {
    const bar = makeSVG("rect", { y: 4, height: 8, rx: 2, class: "bar" });
    const begin = makeSVG("line", { y1: 1, y2: 15, class: "mark" });
    const picture = makeSVG("svg", { class: "lane-picture", height: 16, "aria-hidden": "true" }, bar, begin);
    const legs = make("div", "legs");
    legs.setAttribute("aria-hidden", "true");
    return make("li", "lane", make("span", "name"), picture, make("span", "end"), legs, make("span", "what"));
}

/** What a session's time went into, each part as long as it took. */
function showLegs(node, lane) {
    const parts = lane.steps ?? [];
    setHidden(node, parts.length === 0);
    let end = 0;
    const pieces = parts.flatMap((step, index) => {
        const gap = step.after_seconds - end;
        end = step.after_seconds + step.seconds;
        const piece = { key: index, seconds: step.seconds, title: seenStep(step), kind: index % 2 ? "odd" : "even" };
        return gap > 0 ? [{ key: `gap ${index}`, seconds: gap, title: "", kind: "gap" }, piece] : [piece];
    });
    if (pieces.length > 0 && lane.seconds - end > 1e-9) {
        pieces.push({ key: "rest", seconds: lane.seconds - end, title: "", kind: "gap" });
    }
    setChildren(node, pieces, (piece) => piece.key, () => make("i"), (part, piece) => {
        // Below 1 in all they would leave room.
        part.style.flexGrow = (piece.seconds / lane.seconds) * 1000;
        part.title = piece.title;
        setAttribute(part, "data-kind", piece.kind);
    });
}

function updateLane(node, lane, now, span) {
    const [name, picture, end, legs, what] = node.children;
    setAttribute(node, "data-state", lane.state);
    setAttribute(node, "data-part", lane.steps ? "ota" : "channel");
    showLegs(legs, lane);
    setText(name, lane.name);
    setText(end, `${ends[lane.state] ?? ""} ${lane.state === "open" ? age(lane.seconds) : duration(lane.seconds)}`);
    setText(what, `${lane.state} · ${lane.what}`);
    node.title = `${lane.name} over ${lane.device}, opened ${clock(lane.begin * 1000)}, ${lane.state}: ${lane.what}`;
    const left = Math.max(0, 1 - (now - lane.begin) / span);
    const length = lane.state === "open" ? now - lane.begin : lane.seconds;
    const right = Math.max(0, Math.min(1, 1 - (now - lane.begin - length) / span));
    const [bar, begin] = picture.children;
    const percentage = (part) => `${(part * 100).toFixed(2)}%`;
    setAttribute(bar, "x", percentage(Math.min(left, 0.985)));
    setAttribute(bar, "width", percentage(Math.max(0.015, right - left)));
    setAttribute(begin, "x1", percentage(left));
    setAttribute(begin, "x2", percentage(left));
}
