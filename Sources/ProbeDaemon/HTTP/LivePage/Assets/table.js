// The table of commands: only the rows that can be seen exist.

import { make, setAttribute, setHidden, setText } from "./dom.js";
import { clock, duration, shortened, verdictSigns } from "./format.js";

/** A phone's layout: a row has two lines, and there is no head. */
const isNarrow = matchMedia("(max-width: 820px)");
/** Rows beyond the edge, so that a scroll shows no gap before the next frame. */
const spare = 6;

/** A time's place on a scale from 10 µs to 10 s, 0 to 1. */
export const timePlace = (seconds) => Math.min(1, Math.max(0, (Math.log10(Math.max(seconds, 1e-9)) + 5) / 6));

const domID = (row) => `row-${row.id}${row.part ? "-part" : ""}`;

export class CommandTable {
    isFollowing = true;
    rows = [];
    /** The key of the selected row. */
    selected = undefined;
    #slots = [];
    #height = 0;
    #top = 0;
    #setTop = 0;

    /** `changed` is called when something needs a frame, `opened` with the ID of a command to be decoded. */
    constructor(scroller, body, { changed, opened }) {
        this.scroller = scroller;
        this.body = body;
        this.changed = changed;
        this.opened = opened;
        // Sizes come from observers: asking for them while rendering would lay the page out twice a frame.
        new ResizeObserver(([entry]) => {
            this.#height = entry.contentRect.height - (isNarrow.matches ? 0 : 26);
            changed();
        }).observe(scroller);
        scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
        body.addEventListener("click", (event) => this.#clicked(event));
    }

    get rowHeight() { return isNarrow.matches ? 46 : 24; }

    get selectedRow() { return this.rows.find((row) => row.key === this.selected); }

    select(row) {
        this.selected = row.key;
        this.isFollowing = false;
        this.#reveal(this.rows.indexOf(row));
        this.changed();
    }

    /** Selects the next row in a direction; without a selection the first one, or the last one, that is seen. */
    move(step) {
        const index = this.rows.findIndex((row) => row.key === this.selected);
        const edge = step > 0 ? this.#firstSeen() - 1 : this.#firstSeen() + Math.floor(this.#height / this.rowHeight);
        for (let next = (index < 0 ? edge : index) + step; this.rows[next]; next += step) {
            // A note has nothing to be decoded.
            if (!this.rows[next].note) return this.select(this.rows[next]);
        }
    }

    /** Opens or folds the chain of the selected row. */
    fold(isOpen) {
        const row = this.selectedRow;
        if (!row) return;
        row.chain.toggle(isOpen);
        if (!isOpen) this.selected = row.chain;
        this.changed();
    }

    /** Draws; rows that left at the top move the view with them, so that what is read stays where it is. */
    render(rows) {
        const height = this.rowHeight;
        const goneBefore = this.isFollowing ? 0 : this.#leftAtTop(rows);
        this.rows = rows;
        setHidden(this.body, rows.length === 0);
        this.body.style.height = `${rows.length * height}px`;
        if (this.isFollowing) this.#scrollTo(Math.max(0, rows.length * height - this.#height));
        else if (goneBefore > 0) this.#scrollTo(Math.max(0, this.#top - goneBefore * height));
        setAttribute(this.scroller, "aria-rowcount", rows.length + 1);
        this.#draw(height);
    }

    #leftAtTop(rows) {
        const first = this.rows[0]?.key;
        if (!first || rows[0]?.key === first) return 0;
        const seen = this.rows[this.#firstSeen()]?.key;
        const now = rows.findIndex((row) => row.key === seen);
        return now < 0 ? 0 : this.#firstSeen() - now;
    }

    #draw(height) {
        const from = Math.max(0, this.#firstSeen() - spare);
        const needed = Math.min(this.rows.length - from, Math.ceil(this.#height / height) + 2 * spare);
        while (this.#slots.length < needed) this.#slots.push(this.#newSlot());
        this.#slots.forEach((slot, index) => {
            setHidden(slot.node, index >= needed);
            if (index < needed) return this.#fill(slot, from + index, height);
            // Its name may be another's by now.
            slot.node.removeAttribute("id");
            slot.drawn = "";
        });
        const selected = this.rows.slice(from, from + needed).find((row) => row.key === this.selected);
        setAttribute(this.scroller, "aria-activedescendant", selected && domID(selected));
    }

    #newSlot() {
        const names = ["sign", "time", "program", "device", "words", "header", "number", "status", "cost"];
        const cells = Object.fromEntries(names.map((name) => [name, make("span", name)]));
        const node = make("div", "row");
        node.setAttribute("role", "row");
        for (const cell of Object.values(cells)) cell.setAttribute("role", "gridcell");
        const fold = make("span", "fold");
        const text = make("span", "text");
        cells.words.append(fold, text);
        const word = make("code"), meaning = make("span", "meaning");
        cells.status.append(word, " ", meaning);
        const figure = make("span", "figure"), card = make("i", "card-time"), wait = make("i", "wait-time");
        cells.cost.append(figure, make("span", "track", card, wait));
        node.append(...Object.values(cells));
        this.body.append(node);
        return { node, cells, fold, text, word, meaning, figure, card, wait, drawn: "" };
    }

    #fill(slot, index, height) {
        const row = this.rows[index];
        slot.node.style.transform = `translateY(${index * height}px)`;
        setAttribute(slot.node, "aria-rowindex", index + 2);
        setAttribute(slot.node, "aria-selected", row.key === this.selected);
        const drawn = row.note ?? `${domID(row)}/${row.chain.version}`;
        if (slot.drawn === drawn) return;
        slot.drawn = drawn;
        if (row.note) this.#fillNote(slot, row.note);
        else this.#fillCommand(slot, row);
    }

    #fillNote(slot, text) {
        slot.node.className = "row note";
        slot.node.removeAttribute("id");
        for (const cell of Object.values(slot.cells)) if (cell !== slot.cells.words) setHidden(cell, true);
        setText(slot.fold, "");
        setText(slot.text, text);
    }

    #fillCommand(slot, row) {
        const { chain, part } = row;
        const { node, cells } = slot;
        const first = part ?? chain.first, last = part ?? chain.last;
        const isFolded = !part && chain.parts.length > 1;
        node.id = domID(row);
        node.className = `row verdict-${last.verdict}${part ? " part" : ""}`;
        for (const cell of Object.values(cells)) setHidden(cell, false);
        setText(cells.sign, verdictSigns[last.verdict] ?? "?");
        setAttribute(cells.sign, "aria-label", last.verdict);
        setText(cells.time, clock(first.time));
        setText(cells.program, first.program);
        setText(cells.device, shortened(first.device, 12));
        cells.program.title = `${first.program}, process ${first.pid}`;
        cells.device.title = first.device;
        setText(slot.fold, isFolded ? `${chain.isOpen ? "▾" : "▸"} ${chain.parts.length}` : "");
        slot.fold.title = isFolded ? `${chain.parts.length} commands in one chain; open it` : "";
        setAttribute(node, "aria-expanded", isFolded ? chain.isOpen : undefined);
        setAttribute(node, "aria-level", part ? 2 : 1);
        setText(slot.text, first.words);
        cells.words.title = first.words;
        setText(cells.header, first.header);
        setText(cells.number, `${first.sent_bytes} / ${last.received_bytes}`);
        setText(slot.word, last.status_word || "none");
        setText(slot.meaning, last.meaning);
        cells.status.title = last.meaning;
        this.#fillCost(slot, part ? part.card_seconds : chain.cardSeconds, part ? part.wait_seconds : chain.waitSeconds);
    }

    #fillCost({ cells, figure, card, wait }, cardSeconds, waitSeconds) {
        const inCard = timePlace(cardSeconds), whole = timePlace(cardSeconds + waitSeconds);
        setText(figure, duration(cardSeconds));
        card.style.width = `${inCard * 100}%`;
        wait.style.width = waitSeconds > 0 ? `${(whole - inCard) * 100}%` : "0";
        cells.cost.title = waitSeconds > 0
            ? `${duration(cardSeconds)} in the card, ${duration(waitSeconds)} waiting for others`
            : `${duration(cardSeconds)} in the card`;
    }

    #firstSeen() { return Math.floor(this.#top / this.rowHeight); }

    #reveal(index) {
        const height = this.rowHeight, top = index * height;
        if (top < this.#top) this.#scrollTo(top);
        else if (top + height > this.#top + this.#height) this.#scrollTo(top + height - this.#height);
    }

    #scrollTo(top) {
        if (top === this.#top) return;
        this.#top = top;
        this.#setTop = top;
        this.scroller.scrollTop = top;
    }

    #scrolled() {
        const top = this.scroller.scrollTop;
        this.#top = top;
        // Ours come back as events too; the browser may round them.
        if (Math.abs(top - this.#setTop) > 2) {
            this.isFollowing = top >= this.rows.length * this.rowHeight - this.#height - 2;
            this.#setTop = top;
        }
        this.changed();
    }

    #clicked(event) {
        const node = event.target.closest(".row");
        const slot = this.#slots.find((slot) => slot.node === node);
        if (!slot) return;
        const row = this.rows[Number(node.getAttribute("aria-rowindex")) - 2];
        if (!row?.chain) return;
        this.select(row);
        if (event.target === slot.fold && slot.fold.textContent) row.chain.toggle();
        else this.opened(row.id);
    }
}
