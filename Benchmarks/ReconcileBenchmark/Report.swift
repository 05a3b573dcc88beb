/// The figures as a table, one column a size.
struct Report {
    var sizes: [Int]
    var columns: [[String: Double]]

    private func row(_ title: String, _ value: ([String: Double], Int) -> String?) -> String {
        "| \(title) | " + zip(columns, sizes).map { value($0, $1) ?? "" }.joined(separator: " | ") + " |"
    }

    private func time(_ title: String, _ name: String) -> String {
        row(title) { figures, _ in
            figures[name].map { $0 >= 1_000 ? "\(($0 / 10).rounded() / 100) s" : "\(($0 * 100).rounded() / 100) ms" }
        }
    }

    var table: String {
        [
            row("grants") { _, size in "\(size)" }, "|---|" + sizes.map { _ in "---" }.joined(separator: "|") + "|",
            time("first load, from start to live", "first live ms"),
            time("restart, from start to live", "restart live ms"),
            time("walking the history", "walk history ms"),
            time("reading, verifying and judging every file", "read and judge ms"),
            time("compiling the whole table", "compile ms"),
            time("one changed grant and its sitting: reading and judging", "change: read and judge ms"),
            time("one changed grant and its sitting: compiling", "change: compile ms"),
            time("the slowest of nine such changes", "change: slowest ms"),
            time("counting standings", "count standings ms"), time("finding the next expiry", "next expiry ms"),
            time("diagnostics", "diagnostics ms"),
            row("memory of state and table, a grant") { figures, size in
                figures["memory bytes"].map { "\(Int($0) / size) B" }
            },
            row("most memory while loading") { figures, _ in
                figures["peak bytes"].map { "\(Int($0) >> 20) MiB" }
            },
        ].joined(separator: "\n")
    }
}
