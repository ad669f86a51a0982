// What happens on the bench now: puts the parts together, and draws once a frame at most.

import { Announcer, showDevices, showFaults, showHeader, showSessions } from "./bench.js";
import { Detail } from "./detail.js";
import { byID, make, setAttribute, setHidden, setText } from "./dom.js";
import { ExchangeLog, Filter } from "./exchanges.js";
import { age, count, plural } from "./format.js";
import { showLatency } from "./latency.js";
import { Link } from "./link.js";
import { CommandTable } from "./table.js";
import { showTimeline } from "./timeline.js";

/** Commands that the page keeps, and as many again while it is paused. */
const mostCommands = 2000;
/** Devices that the filter offers. */
const mostChoices = 500;

const log = new ExchangeLog(mostCommands);
const filter = new Filter();
const announcer = new Announcer();
const seen = { devices: new Set(), commands: new Set() };

let status;
let statusAt = 0;
let isStatusNew = false;
let connection = "connecting";
let waiting = [];
let waitingLost = 0;
let isPaused = false;
let countAtUnfollow = 0;
let receivedCount = 0;
let isFrameAsked = false;

const detail = new Detail({ closed: () => byID("grid").focus() });
const table = new CommandTable(byID("grid"), byID("rows"), {
    changed: draw, opened: (id) => detail.open(id, { takesFocus: false }),
});
const link = new Link({ status: statusCame, apdu: commandsCame, gap: gapCame, state: connectionChanged });

function draw() {
    if (isFrameAsked || document.hidden) return;
    isFrameAsked = true;
    requestAnimationFrame(frame);
}

function frame() {
    isFrameAsked = false;
    if (isStatusNew) showStatus();
    table.render(log.rows(filter));
    showStreamState();
}

// MARK: What comes from the probe

function statusCame(value) {
    // The probe began anew: its numbers of commands did, too.
    const isRestarted = status && value.uptime_seconds < status.uptime_seconds;
    if (isRestarted) {
        link.restart();
        log.clear();
        log.note("the probe started anew");
        waiting = [];
    }
    status = value;
    statusAt = performance.now();
    isStatusNew = true;
    draw();
}

function commandsCame(exchanges) {
    receivedCount += exchanges.length;
    for (const exchange of exchanges) {
        if (seen.devices.size < mostChoices) seen.devices.add(exchange.device);
        seen.commands.add(exchange.command);
        if (!isPaused) log.add(exchange);
    }
    if (isPaused) keepWaiting(exchanges);
    draw();
}

function keepWaiting(exchanges) {
    waiting.push(...exchanges);
    const tooMany = waiting.length - mostCommands;
    if (tooMany <= 0) return;
    waiting.splice(0, tooMany);
    waitingLost += tooMany;
}

function gapCame({ dropped }) {
    log.note(`${plural(dropped, "command")} not shown: they came faster than this page could take them`);
    draw();
}

function connectionChanged(state) {
    connection = state;
    draw();
}

// MARK: Drawing

function showStatus() {
    isStatusNew = false;
    for (const command of status.commands) seen.commands.add(command.command);
    for (const device of [...status.readers, ...status.modems]) seen.devices.add(device.name);
    showHeader(status);
    showUptime();
    showDevices(status);
    showSessions(status);
    showLatency(status);
    showTimeline(status);
    showFaults(status);
    announcer.show(status);
    showChoices(byID("filter-device"), seen.devices, "all devices");
    showChoices(byID("filter-command"), seen.commands, "all commands");
}

function showUptime() {
    if (status) setText(byID("uptime"), age(status.uptime_seconds + (performance.now() - statusAt) / 1000));
}

function showChoices(select, names, everything) {
    const choices = ["", ...[...names].sort()];
    if (select.options.length === choices.length) return;
    const chosen = select.value;
    select.replaceChildren(...choices.map((name) => {
        const option = make("option", "", name || everything);
        option.value = name;
        return option;
    }));
    select.value = chosen;
}

function showStreamState() {
    const state = isPaused && connection === "live" ? "paused" : connection;
    setText(byID("connection"), state);
    setAttribute(byID("connection"), "data-state", state);
    const button = byID("pause");
    setAttribute(button, "aria-pressed", isPaused);
    const waits = waiting.length + waitingLost;
    setText(button, isPaused ? (waits > 0 ? `Go on, ${count(waits)} wait` : "Go on") : "Pause");
    setAttribute(byID("follow"), "aria-pressed", table.isFollowing);
    setText(byID("shown"), filter.isOff ? "" : `${count(table.rows.length)} of ${count(log.entries.length)}`);
    showNewer();
    showEmptiness();
}

function showNewer() {
    if (table.isFollowing) countAtUnfollow = receivedCount;
    const newer = receivedCount - countAtUnfollow;
    setHidden(byID("newer"), table.isFollowing || isPaused || newer === 0);
    setText(byID("newer"), `↓ ${count(newer)} newer`);
}

function showEmptiness() {
    const empty = byID("stream-empty");
    setHidden(empty, table.rows.length > 0);
    if (table.rows.length > 0) return;
    if (log.entries.length > 0) return setText(empty, "No command fits the filter. Esc clears it.");
    if (connection === "connecting") return setText(empty, "Connecting …");
    if (connection === "reconnecting") {
        return setText(empty, "The probe does not answer. This page tries again by itself; on the bench: cardlink-probe serve");
    }
    if (empty.firstElementChild) return;
    empty.replaceChildren(
        "No command yet. A program that runs under the probe shows here:",
        make("br"), make("code", "", "cardlink-probe run -- opensc-tool --atr"));
}

// MARK: What the viewer does

function setPaused(isNow) {
    isPaused = isNow;
    if (!isPaused) {
        if (waitingLost > 0) log.note(`${plural(waitingLost, "command")} not kept while paused`);
        for (const exchange of waiting) log.add(exchange);
        waiting = [];
        waitingLost = 0;
    }
    draw();
}

function setFollowing(isNow) {
    table.isFollowing = isNow;
    draw();
}

function filterChanged() {
    filter.text = byID("filter-text").value.trim().toLowerCase();
    filter.errorsOnly = byID("filter-errors").checked;
    filter.device = byID("filter-device").value;
    filter.command = byID("filter-command").value;
    draw();
}

function clearFilter() {
    byID("filters").reset();
    filterChanged();
}

const themes = { "": ["light", "◐", "as the system"], light: ["dark", "☀", "light"], dark: ["", "☾", "dark"] };

function showTheme() {
    const [, sign, word] = themes[document.documentElement.dataset.theme ?? ""];
    setText(byID("theme"), sign);
    byID("theme").setAttribute("aria-label", `Colours: ${word}`);
}

function nextTheme() {
    const root = document.documentElement;
    const [next] = themes[root.dataset.theme ?? ""];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
        localStorage.setItem("theme", next);
    } catch {
        // No storage in this browser: the choice holds until the page is left.
    }
    showTheme();
}

function showView(view) {
    document.body.dataset.view = view;
    for (const tab of document.querySelectorAll(".tabs button")) {
        tab.setAttribute("aria-pressed", tab.dataset.view === view);
    }
    draw();
}

function openSelected() {
    if (table.selectedRow) detail.open(table.selectedRow.id, { takesFocus: true });
}

function escape() {
    if (detail.isOpen) detail.close();
    else clearFilter();
}

function moveBy(step) {
    byID("grid").focus();
    table.move(step);
    if (detail.isOpen && table.selectedRow) detail.open(table.selectedRow.id, { takesFocus: false });
}

const keys = {
    "/": () => byID("filter-text").select(),
    " ": () => setPaused(!isPaused),
    f: () => setFollowing(!table.isFollowing),
    j: () => moveBy(1), k: () => moveBy(-1), ArrowDown: () => moveBy(1), ArrowUp: () => moveBy(-1),
    ArrowRight: () => table.fold(true), ArrowLeft: () => table.fold(false),
    Enter: openSelected, Escape: escape,
    "?": () => byID("help").showModal(),
};

function keyPressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || byID("help").open) return;
    const place = event.target;
    if (place.matches("input, select") && event.key !== "Escape") return;
    // A button's own keys, and scrolling in the panel of a command.
    if (place.matches("button, a") && [" ", "Enter"].includes(event.key)) return;
    if (place.closest("#detail") && event.key.startsWith("Arrow")) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    if (place.matches("input, select")) place.blur();
    action();
}

byID("filters").addEventListener("input", filterChanged);
byID("filters").addEventListener("submit", (event) => event.preventDefault());
byID("pause").addEventListener("click", () => setPaused(!isPaused));
byID("follow").addEventListener("click", () => setFollowing(!table.isFollowing));
byID("newer").addEventListener("click", () => setFollowing(true));
byID("theme").addEventListener("click", nextTheme);
byID("help-button").addEventListener("click", () => byID("help").showModal());
for (const tab of document.querySelectorAll(".tabs button")) {
    tab.addEventListener("click", () => showView(tab.dataset.view));
}
document.addEventListener("keydown", keyPressed);
document.addEventListener("visibilitychange", draw);
matchMedia("(max-width: 820px)").addEventListener("change", draw);
setInterval(() => document.hidden || showUptime(), 1000);
showTheme();
draw();
