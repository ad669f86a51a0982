extension YAMLTree {
    /// Reads a person's file; throws why it is none, or no YAML.
    package init(file path: String) throws(ConfigError) {
        do {
            self = try YAMLTree.parse(try BoundedFile.text(path))
        } catch let failure as BoundedFile.Failure {
            let remedy = failure.isMissing ? "; write it, or name another" : ""
            throw ConfigError([ConfigFault(file: path, line: nil, reason: failure.reason + remedy)])
        } catch let fault as YAMLTree.Fault {
            throw ConfigError([ConfigFault(file: path, line: fault.line, reason: fault.reason)])
        } catch {
            throw ConfigError([ConfigFault(file: path, line: nil, reason: "cannot be read")])
        }
    }
}
