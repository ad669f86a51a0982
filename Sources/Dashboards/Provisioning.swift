/// Grafana's provisioning of the dashboards from a folder.
package enum Provisioning {
    /// The file beside the dashboards.
    package static let fileName = "cardlink.yaml"

    /// The provider that has Grafana load what is in a folder, and again when that changes.
    ///
    /// - Parameter folder: the folder as Grafana sees it.
    package static func text(folder: String) -> String {
        """
        # Grafana reads this from its folder provisioning/dashboards.
        apiVersion: 1
        providers:
          - name: cardlink
            folder: CardLink
            type: file
            allowUiUpdates: true
            updateIntervalSeconds: 30
            options:
              path: \(quoted(folder))

        """
    }

    /// A text that YAML takes as it is, whatever stands in it.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
