// The commands that the page keeps: bounded, chains folded.

/** A command as it was meant: its first exchange, and those that go on from it (61XX, 6CXX). */
class Chain {
    isOpen = false;
    version = 0;

    constructor(first) {
        this.parts = [first];
        this.text = searchText(first);
        this.cardSeconds = first.card_seconds;
        this.waitSeconds = first.wait_seconds;
    }

    get first() { return this.parts[0]; }
    get last() { return this.parts[this.parts.length - 1]; }

    add(part) {
        this.parts.push(part);
        this.text += searchText(part);
        this.cardSeconds += part.card_seconds;
        this.waitSeconds += part.wait_seconds;
        this.version += 1;
    }

    toggle(isOpen = !this.isOpen) {
        if (this.parts.length < 2 || this.isOpen === isOpen) return;
        this.isOpen = isOpen;
        this.version += 1;
    }
}

const searchText = (exchange) =>
    [
        exchange.words, exchange.command, exchange.device, exchange.program, exchange.header, exchange.status_word,
        exchange.meaning, exchange.verdict, exchange.trace_id ?? "", "",
    ].join("\n").toLowerCase();

/** What the filters ask for. */
export class Filter {
    text = "";
    errorsOnly = false;
    device = "";
    command = "";

    get isOff() { return !this.text && !this.errorsOnly && !this.device && !this.command; }

    passes(chain) {
        if (this.errorsOnly && chain.last.verdict !== "error") return false;
        if (this.device && chain.first.device !== this.device) return false;
        if (this.command && chain.first.command !== this.command) return false;
        return !this.text || chain.text.includes(this.text);
    }
}

/** The last exchanges, at most `limit`; the oldest go first. */
export class ExchangeLog {
    entries = [];
    heldCount = 0;
    #chains = new Map();

    constructor(limit) {
        this.limit = limit;
    }

    add(exchange) {
        const chain = exchange.continues === undefined ? undefined : this.#chains.get(exchange.continues);
        // A card may answer 61XX without end: such a chain goes on in a row of its own.
        if (chain && chain.parts.length < 64) {
            chain.add(exchange);
        } else {
            const begun = new Chain(exchange);
            this.entries.push(begun);
            this.#chains.set(exchange.id, begun);
            // The parts behind name the chain's first command, not the row's.
            if (chain) this.#chains.set(exchange.continues, begun);
        }
        this.heldCount += 1;
        this.#shorten();
    }

    /** A line between the commands: what the page was not told. */
    note(text) {
        this.entries.push({ note: text, version: 0, parts: [] });
    }

    clear() {
        this.entries = [];
        this.heldCount = 0;
        this.#chains.clear();
    }

    /** The rows to show, the oldest first: `{ chain, part, isFold }`; a part only below an open chain. */
    rows(filter) {
        const rows = [];
        for (const chain of this.entries) {
            if (chain.note) {
                if (filter.isOff) rows.push({ key: chain, note: chain.note });
                continue;
            }
            if (!filter.passes(chain)) continue;
            rows.push((chain.row ??= { key: chain, chain, id: chain.first.id }));
            if (chain.isOpen) for (const part of chain.parts) rows.push({ key: part, chain, part, id: part.id });
        }
        return rows;
    }

    #shorten() {
        let gone = 0;
        while (this.heldCount > this.limit || this.entries.length - gone > this.limit) {
            const chain = this.entries[gone++];
            this.heldCount -= chain.parts.length;
            if (!chain.note && this.#chains.get(chain.first.id) === chain) this.#chains.delete(chain.first.id);
            if (!chain.note && chain.first.continues !== undefined) this.#chains.delete(chain.first.continues);
        }
        if (gone) this.entries.splice(0, gone);
    }
}
