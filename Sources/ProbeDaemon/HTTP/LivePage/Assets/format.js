// Numbers and times in words.

/** How a command went, as a sign beside its colour. */
export const verdictSigns = { ok: "✓", probing: "○", expected: "◎", warning: "!", error: "✕" };

const whole = new Intl.NumberFormat("en");

export const count = (number) => whole.format(number);

const three = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** `53.0 µs`, `1.20 ms`, `340 ms`, `2.50 s`, `3 min 5 s`. */
export function duration(seconds) {
    if (!(seconds > 0)) return "0 µs";
    if (seconds < 0.9995e-3) return `${seconds < 99.5e-6 ? (seconds * 1e6).toFixed(1) : (seconds * 1e6).toFixed(0)} µs`;
    if (seconds < 0.9995) return `${three(seconds * 1e3)} ms`;
    if (seconds < 60) return `${three(seconds)} s`;
    return age(seconds);
}

/** The same with two digits, for a narrow column. */
export function shortDuration(seconds) {
    const [number, ...unit] = duration(seconds).split(" ");
    return unit.length === 1 ? `${Number(Number(number).toPrecision(2))} ${unit[0]}` : duration(seconds);
}

/** `12 s`, `3 min 5 s`, `25 min`, `2 h 8 min`, `4 d 3 h`. */
export function age(seconds) {
    const rest = Math.max(0, Math.floor(seconds));
    if (rest < 60) return `${rest} s`;
    if (rest < 600) return `${Math.floor(rest / 60)} min ${rest % 60} s`;
    if (rest < 3600) return `${Math.floor(rest / 60)} min`;
    if (rest < 86400) return `${Math.floor(rest / 3600)} h ${Math.floor((rest % 3600) / 60)} min`;
    return `${Math.floor(rest / 86400)} d ${Math.floor((rest % 86400) / 3600)} h`;
}

/** `600 B`, `1.2 kB`, `3.4 MB`. */
export function bytes(number) {
    if (number < 1000) return `${number} B`;
    if (number < 1e6) return `${(number / 1e3).toFixed(1)} kB`;
    return `${(number / 1e6).toFixed(1)} MB`;
}

/** Local time of day, to the millisecond. */
export function clock(time) {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return time;
    const two = (number) => String(number).padStart(2, "0");
    const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    return `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `0.3%`; nothing is `0%`, and little is not nothing. */
export function percent(ratio) {
    if (!(ratio > 0)) return "0%";
    if (ratio < 0.001) return "<0.1%";
    return ratio < 0.1 ? `${(ratio * 100).toFixed(1)}%` : `${Math.round(ratio * 100)}%`;
}

/** A long name with its middle cut: readers differ in their last digits. */
export const shortened = (name, length) =>
    name.length <= length ? name : `${name.slice(0, length - 6).trimEnd()}…${name.slice(-5)}`;

/** A name of the probe's vocabularies for people: `network_busy` is `network busy`. */
export const words = (name) => name.replaceAll("_", " ");

/** `one fault`, `3 faults`. */
export const plural = (number, word) => (number === 1 ? `1 ${word}` : `${count(number)} ${word}s`);
