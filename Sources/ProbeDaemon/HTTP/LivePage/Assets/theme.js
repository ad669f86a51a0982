// Runs before the first paint, so that a page in chosen colours does not flash in others.
try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
    // No storage in this browser: the system's colours.
}
