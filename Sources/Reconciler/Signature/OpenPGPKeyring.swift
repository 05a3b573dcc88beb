import Foundation
import Glibc
import GrantModel

/// OpenPGP public keys, which GitHub and other forges sign their merges with, and the check of a signature by them.
///
/// The check is Debian's `gpgv` in a process of its own: it knows these keys only, reads no configuration and asks nobody.
package struct OpenPGPKeyring: Sendable, Hashable {
    /// Why a file is no keyring.
    package struct Fault: Error, Sendable, Hashable {
        package var message: String
        package var help: String
    }

    /// Most bytes of a file of keys.
    package static let longest = 1 << 20

    /// As `gpgv` reads them.
    private var keys: [UInt8]

    /// - Parameter file: keys in armour, one block after another as `https://github.com/web-flow.gpg` gives them, or as
    ///   `gpg --export` writes them.
    package init(_ file: [UInt8]) throws(Fault) {
        guard file.count <= Self.longest else {
            throw Fault(message: "is larger than \(Self.longest) bytes", help: "export only the forge's own keys")
        }
        let keys = file.first.map { $0 & 0x80 != 0 } == true ? file : try Self.unarmoured(file)
        guard let packets = OpenPGPPacket.all(in: keys), packets.first?.tag == OpenPGPPacket.publicKey else {
            throw Fault(
                message: "holds no OpenPGP public key", help: "write what `gpg --export --armor KEY` prints into it")
        }
        guard !packets.contains(where: { OpenPGPPacket.secret.contains($0.tag) }) else {
            throw Fault(message: "holds a secret key", help: "write what `gpg --export --armor KEY` prints into it")
        }
        self.keys = keys
        guard Self.program != nil else {
            throw Fault(
                message: "holds OpenPGP keys, and `gpgv`, which checks their signatures, is not installed",
                help: "install it (`apt-get install gpgv`)")
        }
    }

    /// These keys and others.
    package func adding(_ other: OpenPGPKeyring) -> OpenPGPKeyring {
        var both = self
        both.keys += other.keys
        return both
    }

    private static func unarmoured(_ file: [UInt8]) throws(Fault) -> [UInt8] {
        let end = Array("-----END PGP PUBLIC KEY BLOCK-----".utf8)
        var keys: [UInt8] = []
        var block: [UInt8] = []
        for line in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            if block.isEmpty, line.isEmpty { continue }
            block += line + [UInt8(ascii: "\n")]
            guard line.elementsEqual(end) else { continue }
            do throws(SignatureFault) {
                keys += try OpenPGPArmour.open(block, .publicKey)
            } catch {
                throw Fault(
                    message: "holds a block of keys that is broken", help: "download or export it once more")
            }
            block = []
        }
        guard block.isEmpty, !keys.isEmpty else {
            throw Fault(
                message: "holds no OpenPGP public key", help: "write what `gpg --export --armor KEY` prints into it")
        }
        return keys
    }

    private static let program: String? = {
        let places: [String] = ["/usr/bin/gpgv", "/usr/local/bin/gpgv", "/opt/homebrew/bin/gpgv"]
        return places.first { access($0, X_OK) == 0 }
    }()

    /// How long one check may take.
    private static let deadline = Duration.seconds(60)

    /// Checks that an armoured signature is one of these keys over `payload`; nil when it is. Blocks for some milliseconds.
    ///
    /// Keys are judged as of now, which is when a commit is first seen: one that is expired or revoked signs nothing.
    func fault(of signature: [UInt8], over payload: [UInt8]) -> SignatureFault? {
        do throws(SignatureFault) {
            let packet = try OpenPGPArmour.open(signature, .signature)
            guard OpenPGPPacket.all(in: packet)?.map(\.tag) == [OpenPGPPacket.signature] else {
                throw SignatureFault(message: "its OpenPGP signature is not exactly one")
            }
            return try report(of: packet, over: payload).fault
        } catch {
            return error
        }
    }

    private func report(of packet: [UInt8], over payload: [UInt8]) throws(SignatureFault) -> GPGVReport {
        let unavailable = { (why: String) -> SignatureFault in
            SignatureFault(message: "`gpgv` could not check its signature: \(why)")
        }
        guard let program = Self.program else { throw unavailable("it is not installed") }
        guard let folder = PrivateFolder() else {
            throw unavailable("no temporary folder could be made: \(String(cString: strerror(errno)))")
        }
        defer { folder.remove() }
        guard folder.write(keys, to: "keys.gpg"), folder.write(packet, to: "signature") else {
            throw unavailable("nothing could be written to `\(folder.path)`")
        }
        let process = ChildProcess(
            executable: program,
            arguments: [
                "--homedir", folder.path, "--status-fd", "1", "--weak-digest", "SHA1", "--keyring",
                folder.path + "/keys.gpg", folder.path + "/signature", "-",
            ],
            environment: ["LC_ALL=C", "PATH=/usr/bin:/bin"], input: payload, deadline: .now + Self.deadline)
        var report = GPGVReport()
        let ending: ChildProcess.Ending
        do throws(ChildProcess.SpawnFault) {
            ending = try process.run(cancellation: Cancellation()) { line in
                report.add(String(decoding: line, as: UTF8.self))
            }.ending
        } catch {
            throw unavailable(error.message)
        }
        guard case .exited(let code) = ending else { throw unavailable("it did not come to an end") }
        report.succeeded = code == 0
        return report
    }
}

/// What `gpgv --status-fd` said about one signature (`doc/DETAILS` in GnuPG's sources, "Format of the --status-fd output").
struct GPGVReport {
    /// Whether it ended with 0.
    var succeeded = false
    /// The first word of each line, with the rest of it.
    private var said: [(word: Substring, rest: Substring)] = []

    private static let mostLines = 64
    /// Words that say nothing for or against a signature.
    private static let neutral: Set<Substring> = [
        "NEWSIG", "KEY_CONSIDERED", "SIG_ID", "NOTATION_NAME", "NOTATION_DATA",
    ]

    mutating func add(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        // What is no status line is not said by `gpgv`.
        let isStatus = words.count >= 2 && words[0] == "[GNUPG:]"
        guard said.count < Self.mostLines else { return }
        said.append((isStatus ? words[1] : "?", words.count == 3 ? words[2] : ""))
    }

    /// Nil when exactly one signature was found, over these bytes as they are, good and by a key that is good now.
    var fault: SignatureFault? {
        let judged = said.filter { !Self.neutral.contains($0.word) }
        if judged.map(\.word) == ["GOODSIG", "VALIDSIG"], succeeded {
            // fingerprint, date, time, expiry, version, reserved, key's and digest's algorithm, class, primary key:
            // class 00 is of bytes, 01 of text, whose line ends and blanks are not signed.
            let fields = judged[1].rest.split(separator: " ")
            if fields.count == 10, fields[8] == "00" { return nil }
            return SignatureFault(message: "its OpenPGP signature is not over its bytes as they are")
        }
        func has(_ word: Substring) -> Bool { judged.contains { $0.word == word } }
        let key = judged.first { ["NO_PUBKEY", "EXPKEYSIG", "REVKEYSIG"].contains($0.word) }?.rest.prefix { $0 != " " }
        let named = key.map { "its OpenPGP key `\($0)`" } ?? "its OpenPGP key"
        if has("BADSIG") { return SignatureFault(message: "its signature does not match it") }
        if has("NO_PUBKEY") { return SignatureFault(message: "\(named) is none of `forge_keys`") }
        if has("EXPKEYSIG") { return SignatureFault(message: "\(named) has expired") }
        if has("REVKEYSIG") { return SignatureFault(message: "\(named) is revoked") }
        if has("EXPSIG") { return SignatureFault(message: "its OpenPGP signature has expired") }
        let words = judged.prefix(4).map(\.word).joined(separator: ", ")
        return SignatureFault(message: "`gpgv` does not accept its signature (\(words))")
    }
}

/// A new folder that only this user may look into.
private struct PrivateFolder {
    let path: String

    init?() {
        var template = Array((FileManager.default.temporaryDirectory.path + "/grantctl-XXXXXX").utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.map { mkdtemp($0) != nil } ?? false }) else {
            return nil
        }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ bytes: [UInt8], to name: String) -> Bool {
        FileManager.default.createFile(atPath: path + "/" + name, contents: Data(bytes))
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
