internal import ArgumentParser
internal import ProbeDaemon

/// The option that `run` and `serve` share.
struct RuntimeDirectoryOption: ParsableArguments {
    @Option(
        name: .customLong("runtime-dir"),
        help: ArgumentHelp(
            "The directory for sockets (default: /run/cardlink-probe for root, else cardlink-probe in $XDG_RUNTIME_DIR).",
            valueName: "dir"), completion: .directory)
    var runtimeDir: String?
}

extension Terminal.Colour: ExpressibleByArgument {}
