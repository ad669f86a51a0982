// How long commands take: percentiles, and a strip whose cells are the histogram's buckets.

import { byID, make, setAttribute, setChildren, setHidden, setText } from "./dom.js";
import { count, duration, percent, shortDuration } from "./format.js";

/** Shades of a cell; on a logarithmic scale, since one slow command in thousands is what one looks for. */
const shades = 6;

export function showLatency(status) {
    const commands = status.commands.filter((command) => command.calls > 0);
    setHidden(byID("latency"), commands.length === 0);
    setHidden(byID("latency-empty"), commands.length > 0);
    const bounds = status.response_time_bounds_seconds;
    showScale(bounds);
    setChildren(
        byID("latency-rows"), commands, (command) => command.command, makeRow,
        (row, command) => updateRow(row, command, bounds));
}

function showScale(bounds) {
    const ends = [bounds[0], bounds[bounds.length - 1]].map(shortDuration);
    const scale = byID("latency-scale");
    ends.forEach((end, index) => setText(scale.children[index], end));
    setAttribute(scale, "aria-label", `Distribution, ${ends.join(" to ")}`);
}

function makeRow(command) {
    const name = make("th", "", command.command);
    name.scope = "row";
    const strip = make("span", "strip");
    strip.setAttribute("role", "img");
    command.buckets.forEach((_, index) => {
        const cell = make("i");
        cell.dataset.bucket = index;
        strip.append(cell);
    });
    const number = () => make("td", "number");
    return make("tr", "", name, number(), make("td", "", strip), number(), number(), number());
}

function updateRow(row, command, bounds) {
    const [name, calls, distribution, p50, p95, most] = row.children;
    const strip = distribution.firstElementChild;
    name.title = `${percent(command.share)} of all time in the card`;
    setText(calls, count(command.calls));
    setAttribute(calls, "title", command.errors > 0 ? `${count(command.errors)} failed` : "none failed");
    setAttribute(calls, "class", command.errors > 0 ? "number bad" : "number");
    setText(p50, shortDuration(command.p50_seconds));
    setText(p95, shortDuration(command.p95_seconds));
    setText(most, shortDuration(command.max_seconds));
    setAttribute(
        strip, "aria-label",
        `half within ${duration(command.p50_seconds)}, 95% within ${duration(command.p95_seconds)}`);
    shade(strip, command.buckets, bounds);
}

function shade(strip, buckets, bounds) {
    const highest = Math.log1p(Math.max(...buckets));
    buckets.forEach((number, index) => {
        const cell = strip.children[index];
        if (!cell) return;
        const level = number === 0 ? 0 : Math.max(1, Math.round((Math.log1p(number) / highest) * shades));
        setAttribute(cell, "data-level", level);
        const upTo = index < bounds.length ? `up to ${duration(bounds[index])}` : "longer";
        setAttribute(cell, "title", `${upTo}: ${count(number)}`);
    });
}
