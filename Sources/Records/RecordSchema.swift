import GRDB

/// What the database looks like. Rows of `decision` and `completion` are integers only: texts that repeat (who called,
/// what was asked, what decided) are rows of their own, so that the two inserts an exchange costs touch one page each.
///
/// People read the view `decisions`, which joins everything back.
enum RecordSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: decisions and completions") { db in
            try db.execute(sql: first)
        }
        return migrator
    }

    /// `made` is milliseconds since 1970: a row of these three is referred to by decisions made up to a day later only
    /// (`TextTables` forgets it then), which is how the ones nobody refers to any more are found without a search.
    private static let first = """
        CREATE TABLE caller (
            id INTEGER PRIMARY KEY, made INTEGER NOT NULL,
            service TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, session TEXT NOT NULL
        );
        CREATE TABLE asked (
            id INTEGER PRIMARY KEY, made INTEGER NOT NULL,
            method TEXT NOT NULL, path TEXT NOT NULL, model TEXT NOT NULL, facts TEXT NOT NULL
        );
        CREATE TABLE basis (
            id INTEGER PRIMARY KEY, made INTEGER NOT NULL,
            reason TEXT NOT NULL, "grant" TEXT NOT NULL, "commit" TEXT NOT NULL, blob TEXT NOT NULL, rule TEXT NOT NULL
        );
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY,
            late INTEGER NOT NULL, -- milliseconds by which the record's time is after (id >> 20)
            verdict INTEGER NOT NULL, -- 0 allow, 1 deny, 2 pause
            caller INTEGER NOT NULL, asked INTEGER NOT NULL, basis INTEGER NOT NULL,
            request_bytes INTEGER NOT NULL
        );
        CREATE TABLE completion (
            id INTEGER PRIMARY KEY, -- the decision's
            ended INTEGER NOT NULL, -- 0 complete, 1 refused, 2 cut, 3 client_gone, 4 upstream_failed, 5 drained,
                -- 6 tool_refused
            status INTEGER NOT NULL,
            decided INTEGER NOT NULL, first_byte INTEGER NOT NULL, total INTEGER NOT NULL, -- microseconds, -1 for never
            response_bytes INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL -- -1 for unknown
        );
        CREATE VIEW decisions AS SELECT
            decision.id AS id,
            \(requestText) AS request,
            strftime('%Y-%m-%dT%H:%M:%fZ', ((decision.id >> 20) + late) / 1000.0, 'unixepoch') AS time,
            service, issuer, subject, session, method, path, model, facts,
            CASE verdict WHEN 0 THEN 'allow' WHEN 1 THEN 'deny' ELSE 'pause' END AS verdict,
            reason, "grant", "commit", blob, rule, request_bytes,
            CASE ended WHEN 0 THEN 'complete' WHEN 1 THEN 'refused' WHEN 2 THEN 'cut' WHEN 3 THEN 'client_gone'
                WHEN 4 THEN 'upstream_failed' WHEN 5 THEN 'drained' WHEN 6 THEN 'tool_refused' END AS ended,
            status,
            nullif(decided, -1) AS decided_us, nullif(first_byte, -1) AS first_byte_us, nullif(total, -1) AS total_us,
            response_bytes, nullif(input_tokens, -1) AS input_tokens, nullif(output_tokens, -1) AS output_tokens
        FROM decision
            JOIN caller ON caller.id = decision.caller
            JOIN asked ON asked.id = decision.asked
            JOIN basis ON basis.id = decision.basis
            LEFT JOIN completion ON completion.id = decision.id;
        """

    /// `RecordID.text` in SQL.
    private static let requestText = stride(from: 60, through: 0, by: -5)
        .map { shift in "substr('0123456789abcdefghjkmnpqrstvwxyz', (decision.id >> \(shift) & 31) + 1, 1)" }
        .joined(separator: " || ")
}
