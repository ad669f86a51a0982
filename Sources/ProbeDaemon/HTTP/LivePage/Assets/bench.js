// Devices, sessions, faults, and the figures of the header.

import { byID, copyButton, make, setAttribute, setChildren, setHidden, setText } from "./dom.js";
import { age, clock, count, percent, plural, words } from "./format.js";

/** Measures that are ratios; all others are powers. */
const ratioMeasures = new Set(["rsrq", "sinr", "snr", "ecio"]);

export function showHeader(status) {
    const isWell = status.health.status === "healthy";
    document.title = `${isWell ? "" : "✕ "}${status.bench.name} · CardLink Probe`;
    setText(byID("bench"), status.bench.name);
    setText(byID("site"), status.bench.site);
    setText(byID("health"), status.health.status);
    setAttribute(byID("health"), "data-state", status.health.status);
    setText(byID("command-count"), count(status.traffic.commands));
    const rate = status.traffic.commands_per_second;
    setText(byID("rate"), `${rate < 10 && rate > 0 ? rate.toFixed(1) : count(Math.round(rate))}/s`);
    setText(byID("error-ratio"), percent(status.traffic.error_ratio));
    setAttribute(byID("error-ratio"), "class", status.traffic.error_ratio > 0 ? "bad" : "");
    setHidden(byID("lost"), status.dropped_events === 0);
    setText(byID("lost-count"), count(status.dropped_events));
    showProblems(status);
}

function showProblems(status) {
    const problems = Object.entries(status.health.problems).map(([name, message]) => ({ name, message }));
    for (const source of status.sources) {
        const isTold = problems.some((problem) => problem.message === source.message);
        if (source.is_impaired && !isTold) problems.push({ name: source.name, message: source.message });
    }
    setHidden(byID("problems-part"), problems.length === 0);
    setChildren(
        byID("problems"), problems, (problem) => problem.name, () => make("li", "", make("b"), " ", make("span")),
        (node, problem) => {
            setText(node.children[0], words(problem.name));
            setText(node.children[1], problem.message);
        });
}

/** What is wrong with a reader's contacts, and how its card differs from its usual. */
function readerHints({ contact, drifts = [] }) {
    const hints = drifts.map(({ command, slowdown, unusual_answers }) => {
        const parts = [slowdown > 0 && `takes ${percent(slowdown)} longer`, unusual_answers > 0 && `${percent(unusual_answers)} unusual answers`];
        return `${command}: ${parts.filter(Boolean).join(", ")}`;
    });
    if (contact) hints.unshift(`bad contact, ${percent(1 - contact.ratio)} faults`);
    return hints;
}

/** Sign, word and lines of a card for a device of each kind. */
const cardsByKind = {
    reader: (reader) => {
        if (!reader.is_present) return ["gone", "pulled out", ""];
        if (reader.is_mute) return ["bad", "card does not answer", reader.card ?? ""];
        const state = { true: ["good", reader.card ?? "card"], false: ["idle", "no card"] };
        const [sign, word] = state[reader.has_card] ?? ["idle", "present"];
        const hints = readerHints(reader);
        const line = [...hints, reader.atr_description].filter(Boolean).join(" · ");
        return [hints.length > 0 ? "bad" : sign, reader.sessions > 0 ? `${word}, in use` : word, line];
    },
    modem: (modem) => {
        if (!modem.is_present) return ["gone", "unplugged", modem.model ?? ""];
        if (!modem.is_answering) return ["bad", "does not answer", modem.model ?? ""];
        const places = Object.entries(modem.registration).map(([domain, state]) => `${domain} ${words(state)}`);
        const signal = Object.entries(modem.signal)
            .map(([name, value]) => `${name} ${value} ${ratioMeasures.has(name) ? "dB" : "dBm"}`);
        const lines = [modem.model, modem.operator_name, modem.technology, ...places, ...signal];
        return ["good", modem.sim ? `SIM ${words(modem.sim)}` : "answers", lines.filter(Boolean).join(" · ")];
    },
    phone: (phone) => {
        if (!phone.is_present) return ["gone", "unplugged", phone.model ?? ""];
        const lines = [phone.model, phone.release && `Android ${phone.release}`, phone.operator_name];
        const [sign, word] = phone.state === "device" ? ["good", "ready"] : ["bad", words(phone.state)];
        return [sign, phone.sim ? `${word}, SIM ${phone.sim}` : word, lines.filter(Boolean).join(" · ")];
    },
};

export function showDevices(status) {
    const devices = ["reader", "modem", "phone"].flatMap(
        (kind) => status[`${kind}s`].map((device) => ({ kind, device })));
    setHidden(byID("devices-empty"), devices.length > 0);
    setChildren(
        byID("devices"), devices, ({ kind, device }) => `${kind}/${device.name}`,
        () => make(
            "li", "card", make("b", "name"), make("span", "counts"),
            make("span", "line", make("span", "state"), make("span", "more"))),
        (node, { kind, device }) => {
            const [name, counts, { children: [state, more] }] = node.children;
            const [sign, word, line] = cardsByKind[kind](device);
            setText(name, device.name);
            name.title = device.name;
            setText(state, word);
            setAttribute(state, "data-state", sign);
            setText(more, [kind, line].filter(Boolean).join(" · "));
            more.parentElement.title = line;
            if (!device.commands) return setText(counts, "");
            setText(counts, `${count(device.commands)}${device.errors > 0 ? ` · ${count(device.errors)} ✕` : ""}`);
            counts.title = countsLine(device);
        });
}

const countsLine = ({ commands, errors }) =>
    `${plural(commands, "command")}${errors > 0 ? `, ${count(errors)} failed` : ""}`;

export function showSessions(status) {
    setHidden(byID("sessions-empty"), status.session_count > 0);
    setText(byID("session-count"), status.session_count > 0 ? count(status.session_count) : "");
    setChildren(
        byID("sessions"), status.sessions, (session) => session.id,
        () => make("li", "session", make("b"), make("span", "muted"), make("span", "number"), make("span", "number")),
        (node, session) => {
            const [program, device, commands, open] = node.children;
            setText(program, `${session.program} `);
            program.append(make("small", "", String(session.pid)));
            setText(device, session.device);
            setText(commands, `${count(session.commands)}${session.errors > 0 ? ` · ${count(session.errors)} ✕` : ""}`);
            setText(open, age(session.age_seconds));
            node.title = `${session.type} session, open since ${clock(session.opened_at)}, ${countsLine(session)}`;
        });
}

export function showFaults(status) {
    const faults = status.faults;
    setHidden(byID("faults-empty"), faults.length > 0);
    setText(byID("fault-count"), faults.length > 0 ? count(faults.length) : "");
    setHidden(byID("fault-badge"), faults.length === 0);
    setText(byID("fault-badge"), faults.length);
    setChildren(
        byID("faults"), faults, (fault) => [fault.kind, fault.device, fault.message, fault.trace_id, fault.flight].join("/"),
        (fault) => {
            const node = make(
                "li", "fault", make("time"), make("span", "kind", fault.kind), make("b", "times"), make("span", "what"));
            if (fault.trace_id) node.append(copyButton(fault.trace_id, `copy trace id ${fault.trace_id}`));
            if (fault.flight) {
                const words = `cardlink-probe explain ${fault.flight}`;
                node.append(copyButton(words, `copy: ${words}`));
            }
            return node;
        },
        (node, fault) => {
            const [time, , times, what] = node.children;
            setText(time, clock(fault.time).slice(0, 8));
            setText(times, fault.count > 1 ? `×${count(fault.count)}` : "");
            setText(what, [fault.device, fault.message].filter(Boolean).join(": "));
        });
}

/** Tells new faults to a screen reader: one line at a time, and the rest as a number. */
export class Announcer {
    #known;
    #nextAt = 0;
    #unsaid = [];

    show(status) {
        const keys = status.faults.map((fault) => `${fault.time}/${fault.message}`);
        if (this.#known) {
            status.faults.forEach((fault, index) => {
                if (!this.#known.has(keys[index])) this.#unsaid.push(fault);
            });
        }
        this.#known = new Set(keys);
        if (this.#unsaid.length === 0 || performance.now() < this.#nextAt) return;
        this.#nextAt = performance.now() + 5000;
        const [fault] = this.#unsaid;
        const more = this.#unsaid.length > 1 ? `, and ${this.#unsaid.length - 1} more` : "";
        setText(byID("announcer"), `Fault: ${fault.device} ${fault.message}${more}`);
        this.#unsaid = [];
    }
}
