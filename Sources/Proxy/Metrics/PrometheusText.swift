/// Writes the Prometheus text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""
    private var family = ""

    /// Begins a family: its samples must follow at once.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(Self.escape(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ labels: [(String, String)], _ value: Int) {
        line(family, labels, String(value))
    }

    mutating func sample(_ value: Int) {
        line(family, [], String(value))
    }

    mutating func sample(_ value: Double) {
        line(family, [], Self.number(value))
    }

    /// The samples of a histogram: cumulative buckets, the one without a bound last, sum and count.
    mutating func samples(of histogram: LatencyHistogram) {
        var total = 0
        for (bound, count) in zip(LatencyHistogram.bounds, histogram.buckets) {
            total += count
            line(family + "_bucket", [("le", Self.number(bound))], String(total))
        }
        let count = histogram.count
        line(family + "_bucket", [("le", "+Inf")], String(count))
        line(family + "_sum", [], Self.number(histogram.sumSeconds))
        line(family + "_count", [], String(count))
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0)=\"\(Self.escape($1, quotes: true))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(value)\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    /// Works on scalars: a line end that a combining character follows is one all the same.
    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
