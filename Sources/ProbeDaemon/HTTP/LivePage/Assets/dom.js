// Everything that comes from the probe goes into the page as text, by these.

export const byID = (id) => document.getElementById(id);

/** An element with a class, and children or text. */
export function make(tag, className = "", ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
}

/** The same for SVG, with attributes. */
export function makeSVG(tag, attributes = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
}

/** Sets text where it is another; a node that is left alone costs no layout, and keeps a reader's selection. */
export function setText(node, text) {
    const value = String(text);
    if (node.textContent !== value) node.textContent = value;
}

export function setHidden(node, isHidden) {
    if (node.hidden !== isHidden) node.hidden = isHidden;
}

/** Sets an attribute where it is another; undefined takes it away. */
export function setAttribute(node, name, value) {
    if (value === undefined) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

const keptChildren = new WeakMap();

/** Makes a parent's children those of a list, by key: what stays is updated in its place. */
export function setChildren(parent, items, keyOf, create, update) {
    const old = keptChildren.get(parent) ?? new Map();
    const kept = new Map();
    let place = parent.firstElementChild;
    for (const item of items) {
        const key = keyOf(item);
        const child = old.get(key) ?? create(item);
        old.delete(key);
        kept.set(key, child);
        update(child, item);
        if (child === place) place = place.nextElementSibling;
        else parent.insertBefore(child, place);
    }
    for (const child of old.values()) child.remove();
    keptChildren.set(parent, kept);
}

/** A button that puts a text on the clipboard. */
export function copyButton(text, label) {
    const button = make("button", "copy", "copy");
    button.type = "button";
    button.setAttribute("aria-label", label);
    // Browsers have a clipboard on loopback and behind TLS only; elsewhere the text is there to be marked.
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text).then(() => setText(button, "copied"), () => setText(button, "refused"));
        setTimeout(() => setText(button, "copy"), 1500);
    });
    return button;
}
