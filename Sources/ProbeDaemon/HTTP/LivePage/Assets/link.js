// The stream of events from the probe.

/** A hidden page is told nothing after this; when it is looked at again it asks for what came since. Not later: of
 * one server browsers keep six connections open, and each page takes one. */
const sleepsAfterMilliseconds = 5_000;
const longestPauseMilliseconds = 10_000;
/** What a page that was just opened asks for of what was before. */
const earlierCommands = 500;

/** Keeps a stream open; `handlers` has `status`, `apdu`, `gap`, and `state` with `live`, `reconnecting` or `asleep`. */
export class Link {
    #source;
    #lastID;
    #isAsleep = false;
    #pause = 500;
    #retry;
    #rest;

    constructor(handlers) {
        this.handlers = handlers;
        document.addEventListener("visibilitychange", () => this.#looked());
        this.#begin();
        this.#looked();
    }

    /** Begins anew, as the probe did with its count. */
    restart() {
        this.#source.close();
        this.#begin();
    }

    async #begin() {
        try {
            const status = await (await fetch("api/v1/status")).json();
            this.#lastID = Math.max(0, status.traffic.commands - earlierCommands);
        } catch {
            // The stream will tell why.
            this.#lastID = undefined;
        }
        this.#open();
    }

    #open() {
        if (this.#isAsleep) return;
        const place = this.#lastID === undefined ? "" : `?after=${this.#lastID}`;
        const source = new EventSource(`api/v1/stream${place}`);
        this.#source = source;
        source.addEventListener("open", () => {
            this.#pause = 500;
            this.handlers.state("live");
        });
        for (const name of ["status", "apdu", "gap"]) {
            source.addEventListener(name, (event) => {
                if (source === this.#source) this.#received(name, JSON.parse(event.data));
            });
        }
        source.addEventListener("error", () => this.#failed(source));
    }

    #received(name, value) {
        if (name === "apdu" && value.length > 0) this.#lastID = value[value.length - 1].id;
        this.handlers[name](value);
    }

    // The browser's own attempts end for good at an answer that is no stream, such as 503 for too many viewers.
    #failed(source) {
        source.close();
        if (source !== this.#source || this.#isAsleep) return;
        this.handlers.state("reconnecting");
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#open(), this.#pause);
        this.#pause = Math.min(longestPauseMilliseconds, this.#pause * 2);
    }

    #looked() {
        clearTimeout(this.#rest);
        if (document.hidden) {
            this.#rest = setTimeout(() => this.#sleep(), sleepsAfterMilliseconds);
        } else if (this.#isAsleep) {
            this.#isAsleep = false;
            this.#open();
        }
    }

    #sleep() {
        this.#isAsleep = true;
        clearTimeout(this.#retry);
        this.#source?.close();
        this.handlers.state("asleep");
    }
}
