// The whole decoding of one command, beside the stream.

import { byID, copyButton, make, setText } from "./dom.js";
import { bytes, clock, duration, plural, verdictSigns } from "./format.js";

export class Detail {
    #asked = 0;

    /** `closed` is called when it was closed. */
    constructor({ closed }) {
        this.panel = byID("detail");
        this.closed = closed;
        byID("detail-close").addEventListener("click", () => this.close());
    }

    get isOpen() { return !this.panel.hidden; }

    async open(id, { takesFocus }) {
        const asked = ++this.#asked;
        this.panel.hidden = false;
        if (takesFocus) byID("detail-title").focus();
        const { title, nodes } = await this.#ask(id);
        // Another one was opened meanwhile.
        if (asked !== this.#asked || !this.isOpen) return;
        setText(byID("detail-title"), title);
        byID("detail-body").replaceChildren(...nodes);
        byID("detail-body").scrollTop = 0;
    }

    close() {
        if (!this.isOpen) return;
        this.#asked += 1;
        this.panel.hidden = true;
        this.closed();
    }

    async #ask(id) {
        try {
            const response = await fetch(`api/v1/apdu/${id}`);
            if (response.ok) return this.#decoding(await response.json());
            return sorry(id, (await response.text()).trim() || `The probe answers ${response.status}.`);
        } catch {
            return sorry(id, "The probe does not answer.");
        }
    }

    #decoding(decoding) {
        const { exchange } = decoding;
        const verdict = make("p", `outcome verdict-${exchange.verdict}`);
        verdict.append(
            make("span", "sign", verdictSigns[exchange.verdict] ?? "?"), " ",
            make("code", "", exchange.status_word || "no answer"), ` ${exchange.meaning}`);
        const nodes = [
            verdict, fieldTable(decoding.fields), data("Sent", decoding.sent, decoding.payload),
            data("Received", decoding.received, decoding.payload), timing(decoding.timing), this.#chain(decoding),
            origin(exchange, decoding.status),
        ];
        return { title: exchange.words, nodes: nodes.filter(Boolean) };
    }

    /** The commands of one chain: over T=0 a command may take several. */
    #chain({ exchange, chain }) {
        if (chain.length < 2) return undefined;
        const list = make("p", "chain");
        for (const id of chain) {
            const button = make("button", "", `#${id}`);
            button.type = "button";
            button.setAttribute("aria-pressed", id === exchange.id);
            button.addEventListener("click", () => this.open(id, { takesFocus: true }));
            list.append(button);
        }
        return section(`Chain of ${chain.length} commands`, list);
    }
}

const sorry = (id, text) => ({ title: `Command #${id}`, nodes: [make("p", "empty", text)] });

const section = (title, ...nodes) => make("section", "", make("h3", "", title), ...nodes);

function fieldTable(fields) {
    const body = make("tbody");
    for (const { name, value, meaning } of fields) {
        const head = make("th", "", name);
        head.scope = "row";
        body.append(make("tr", "", head, make("td", "", make("code", "", value)), make("td", "", meaning)));
    }
    return section("Command", make("table", "field-table", body));
}

/** Bytes apart from each other, so that a long line can break. */
const spaced = (hex) => hex.replaceAll(" ", "").replace(/(..)(?=.)/g, "$1 ");

/** Why bytes are not there. */
const withheld = {
    cut: "The probe does not keep these bytes.",
    hidden: "These bytes are for the same user, and for whoever signs in.",
};

function data(title, { length_bytes, hex, objects }, payload) {
    if (length_bytes === 0) return undefined;
    const nodes = [];
    if (hex) nodes.push(make("p", "hex", spaced(hex)));
    else nodes.push(make("p", "muted", withheld[payload] ?? ""));
    if (objects.length > 0) nodes.push(objectList(objects));
    return section(`${title}, ${plural(length_bytes, "byte")}`, ...nodes);
}

function objectList(objects) {
    const list = make("ul", "tree");
    for (const { tag, name, length_bytes, hex, objects: inner } of objects) {
        const item = make("li", "", make("code", "tag", tag), " ", name ?? "", " ", make("small", "", bytes(length_bytes)));
        if (hex) item.append(make("div", "hex", spaced(hex)));
        if (inner.length > 0) item.append(objectList(inner));
        list.append(item);
    }
    return list;
}

function timing(times) {
    const parts = [
        ["in the card", times.card_seconds, "card-time"],
        ["waiting for a transaction", times.transaction_wait_seconds, "wait-time"],
        ["reader served others", times.sharing_wait_seconds, "wait-time"],
    ].filter(([, seconds], index) => index === 0 || seconds > 0);
    const track = make("div", "track plain");
    for (const [, seconds, kind] of parts) {
        const bar = make("i", kind);
        bar.style.width = `${times.total_seconds > 0 ? (seconds / times.total_seconds) * 100 : 0}%`;
        track.append(bar);
    }
    const rows = [...parts, ["in all", times.total_seconds]].map(([name, seconds]) => [name, duration(seconds)]);
    if (times.is_upper_bound) rows.push(["", "Another program may have been in the way: an upper bound."]);
    return section("Time", track, pairs(rows));
}

function origin(exchange, status) {
    const rows = [
        ["at", clock(exchange.time)], ["in UTC", exchange.time], ["program", `${exchange.program} (${exchange.pid})`],
        ["device", exchange.device], ["interface", exchange.interface], ["session", exchange.session],
        ["counted as", [exchange.command, status?.label, status?.error_type].filter(Boolean).join(" · ")],
        ["number", `#${exchange.id}`],
    ];
    const list = pairs(rows);
    if (exchange.trace_id) {
        const trace = make("dd", "trace", make("code", "", exchange.trace_id), copyButton(exchange.trace_id, "copy trace id"));
        list.append(make("div", "", make("dt", "", "trace id"), trace));
    }
    return section("Where and when", list);
}

function pairs(rows) {
    const list = make("dl", "fields");
    for (const [name, value] of rows) {
        if (value) list.append(make("div", "", make("dt", "", name), make("dd", "", value)));
    }
    return list;
}
