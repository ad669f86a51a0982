/// How a panel shows its values: Grafana's type of panel with the options that we use.
package enum Visualization: Sendable {
    case timeSeries
    case stackedTimeSeries
    /// Stacked bars, a bar an interval.
    case bars
    case stat
    case table
    case heatMap
    case barGauge
    case stateTimeline

    /// Grafana's name of the type.
    var type: String {
        switch self {
        case .timeSeries, .stackedTimeSeries, .bars: "timeseries"
        case .stat: "stat"
        case .table: "table"
        case .heatMap: "heatmap"
        case .barGauge: "bargauge"
        case .stateTimeline: "state-timeline"
        }
    }

    /// What stands under `options`; a heat map has its unit there.
    func options(unit: Unit) -> JSON {
        switch self {
        case .timeSeries, .stackedTimeSeries, .bars: Self.graphOptions
        case .stat: Self.statOptions
        case .table: ["showHeader": true, "cellHeight": "sm", "footer": ["show": false, "reducer": ["sum"]]]
        case .heatMap: Self.heatMapOptions(unit: unit)
        case .barGauge:
            [
                "orientation": "horizontal", "displayMode": "gradient", "showUnfilled": true,
                "reduceOptions": Self.lastValue,
            ]
        case .stateTimeline:
            [
                "mergeValues": true, "showValue": "auto", "alignValue": "left", "rowHeight": 0.8,
                "legend": ["showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": []],
                "tooltip": ["mode": "single", "sort": "none"],
            ]
        }
    }

    /// What stands under `fieldConfig.defaults.custom`.
    var custom: JSON {
        switch self {
        case .timeSeries: Self.graph(style: "line", stacking: "none", fill: 8)
        case .stackedTimeSeries: Self.graph(style: "line", stacking: "normal", fill: 40)
        case .bars: Self.graph(style: "bars", stacking: "normal", fill: 80)
        case .table: ["align": "auto", "cellOptions": ["type": "auto"], "inspect": false]
        case .stateTimeline: ["fillOpacity": 80, "lineWidth": 0]
        case .stat, .heatMap, .barGauge: [:]
        }
    }

    /// What decides a value's colour.
    var colorMode: JSON {
        switch self {
        case .stat, .table, .stateTimeline: "thresholds"
        case .timeSeries, .stackedTimeSeries, .bars, .heatMap, .barGauge: "palette-classic"
        }
    }

    /// The least time between points: bars and cells that count would else count the same again.
    var step: String? {
        switch self {
        case .bars, .heatMap: "1m"
        case .timeSeries, .stackedTimeSeries, .stat, .table, .barGauge, .stateTimeline: nil
        }
    }

    private static let lastValue: JSON = ["calcs": ["lastNotNull"], "fields": "", "values": false]

    private static let graphOptions: JSON = [
        "legend": ["displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": ["mean", "max"]],
        "tooltip": ["mode": "multi", "sort": "desc"],
    ]

    private static let statOptions: JSON = [
        "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
        "reduceOptions": lastValue,
    ]

    private static func graph(style: JSON, stacking: JSON, fill: JSON) -> JSON {
        [
            "drawStyle": style, "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": fill,
            "showPoints": "auto", "spanNulls": false, "stacking": ["mode": stacking, "group": "A"],
        ]
    }

    private static func heatMapOptions(unit: Unit) -> JSON {
        [
            "calculate": false, "cellGap": 1, "showValue": "never", "filterValues": ["le": 1e-9],
            "rowsFrame": ["layout": "auto"], "cellValues": ["unit": "short"],
            "yAxis": ["unit": .string(unit.rawValue), "axisPlacement": "left", "reverse": false],
            "color": [
                "mode": "scheme", "scheme": "Oranges", "fill": "dark-orange", "scale": "exponential", "exponent": 0.5,
                "steps": 64, "reverse": false,
            ],
            "exemplars": ["color": "rgba(255,0,255,0.7)"], "legend": ["show": true],
            "tooltip": ["show": true, "yHistogram": true],
        ]
    }
}
