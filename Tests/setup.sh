# What examples/quickstart and Tests/run share: packages, the Swift toolchain, plain words. Sourced by bash.

say() { printf '%s\n' "$*"; }

# fail CODE WORDS...: one line that says what is wrong and what to do, then the end.
fail() {
    local code=$1
    shift
    printf '%s: %s\n' "${program:-setup}" "$*" >&2
    exit "$code"
}

# What `swift build` of this package needs on a bare Debian: the linker's start files and the C++ runtime, the headers of
# the system libraries that the package links, and the libraries that the toolchain's own programs load. Those stand
# as SONAME=PACKAGE, since the library counts: the package's name differs between releases.
build_packages=(
    ca-certificates git g++ libc6-dev libcrypt-dev libpcsclite-dev libsqlite3-dev libxml2-dev pkgconf zlib1g-dev
    libcurl.so.4=libcurl4 libncurses.so.6=libncurses6 libsqlite3.so.0=libsqlite3-0 libxml2.so.2=libxml2
)

# The virtual bench (pcscd with a virtual reader, in a network of its own) and the client that the quickstart runs.
bench_packages=(iproute2 opensc pcscd util-linux vsmartcard-vpcd)

# What is built for users: each has a main of its own.
programs=(cardlink-probe cardlink-metrics)

# What examples/packaging/build needs beside the compiler.
package_packages=(binutils debhelper dpkg-dev python3)

# What Tests/package needs to live through one.
package_test_packages=(debootstrap fish iproute2 lintian man-db procps python3-venv util-linux zsh)

# The real programs that the tests run beside us, and the ones they measure us with.
test_packages=(
    adb apache2-utils binutils bubblewrap chromium chromium-driver curl default-jdk-headless docker-compose duktape gammu
    gnupg libpcsc-perl logrotate musl-tools openssl pcsc-tools picocom ppp procps prometheus prometheus-alertmanager
    prometheus-pushgateway python3 python3-psutil python3-pyscard python3-serial python3-venv scdaemon socat sqlite3
    strace sudo
    systemd tmux tshark udev valgrind
)

# What only Python's package index has: readers of traces, metrics and dashboards that the tests hold ours against, an
# encoder of messages and secured packets, a tester with spans, what drives a browser and judges a page, a judge of bills
# of materials, a test runner with somebody else's tests, and a database.
test_python_packages=(
    axe-core-python==0.1.0
    'grafana-foundation-sdk==1769699998!10.1.0' grpcio==1.85.3
    opentelemetry-exporter-otlp-proto-http==1.45.2 opentelemetry-exporter-zipkin-json==1.45.1
    opentelemetry-proto==1.45.2 opentelemetry-sdk==1.45.2
    jsonschema==4.26.0
    networkx==3.4.2
    prometheus-client==0.26.0
    pycrate==0.8.1
    pytest==8.4.2 pytest-xdist==3.8.0
    selenium==4.51.0
    spdx-tools==0.8.3
    sqlalchemy==2.0.44
)

# The libraries that `Tests/benchmark` measures ours beside, and their compilers; Python's is among the tests' own.
benchmark_packages=(
    cargo golang-github-prometheus-client-golang-dev golang-go golang-opentelemetry-otel-dev librust-prometheus-dev
    prometheus prometheus-cpp-dev rustc socat
)

# Prints the packages among its arguments that are not there.
missing_packages() {
    local name
    for name in "$@"; do
        case $name in
            # No pipe: grep does not read to the end, which would fail ldconfig, and with it the pipe.
            *=*) grep -q "^[[:space:]]*${name%%=*} " < <(/sbin/ldconfig -p) || printf '%s\n' "${name#*=}" ;;
            *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
                printf '%s\n' "$name" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# What need_packages has installed.
newly_installed=()

# Installs what is missing of its arguments. Without apt-get it names what is needed and goes on: the build tells the rest.
need_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "no apt-get here; if the build fails, install your system's packages for: ${*#*=}"
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail 69 "packages are missing and there is no sudo; run as root: apt-get install ${missing[*]}"
    fi
    say "installing: ${missing[*]}"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}")
    as_root apt-get -q update || say "apt-get update failed; going on with the package lists that are here"
    as_root "${install[@]}" </dev/null ||
        fail 69 "apt-get could not install them; see above, then run: apt-get install ${missing[*]}"
    newly_installed+=("${missing[@]}")
}

# Installs like need_packages, but leaves no service behind that was not there before: the tests start their own. Debian
# asks /usr/sbin/policy-rc.d before it starts one (exit 101: do not), and enables it for the next boot all the same.
need_packages_without_services() {
    local policy=/usr/sbin/policy-rc.d unit units=()
    if [ ! -d /run/systemd/system ] || [ -e "$policy" ] || [ -z "$(missing_packages "$@" 2>/dev/null)" ] ||
        ! command -v apt-get >/dev/null || ! { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }; then
        need_packages "$@"
        return
    fi
    for unit in logrotate.timer prometheus.service prometheus-alertmanager.service pcscd.socket pcscd.service; do
        [ -e "/lib/systemd/system/$unit" ] || units+=("$unit")
    done
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\ncase "$1" in logrotate*|prometheus*|pcscd*) exit 101 ;; esac\nexit 0\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    need_packages "$@"
    as_root rm -f "$policy"
    trap - EXIT
    as_root systemctl --quiet disable "${units[@]}" 2>/dev/null || true
}

# Makes .build/test-python, a Python of the tests' own: the system's packages, and those among the arguments.
need_python_packages() {
    local python=.build/test-python marks=.build/test-python/packages
    [ "$(cat "$marks" 2>/dev/null)" = "$*" ] && return
    say "installing for the tests' Python: $*"
    /usr/bin/python3 -m venv --system-site-packages "$python" && "$python/bin/pip" install -q "$@" ||
        fail 69 "pip could not install them; see above, then run: $python/bin/pip install $*"
    printf '%s\n' "$*" >"$marks"
}

swift_hint="get it from https://www.swift.org/install/linux and call this again"

# Fails in one line when no Swift is to be had, before anything is installed.
need_swift_in_path() {
    command -v swift >/dev/null || fail 69 "Swift 6.2 or later is needed and no swift is in PATH; $swift_hint"
}

# Fails in one line when the Swift in PATH does not start or is too old.
need_swift_version() {
    local text version
    text=$(swift --version 2>&1) || fail 69 "$(command -v swift) does not start (${text%%$'\n'*}); $swift_hint"
    version=$(sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' <<<"$text" | head -n 1)
    local major=${version% *} minor=${version#* }
    if [ "${major:-0}" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
        fail 69 "Swift 6.2 or later is needed, $(command -v swift) is ${version/ /.}; $swift_hint"
    fi
}
