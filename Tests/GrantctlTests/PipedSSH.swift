import Demo
import Foundation

/// A real sshd that a real ssh talks to through a pipe, so that no port is needed.
struct PipedSSH {
    private let folder: String

    init(in place: String) throws {
        folder = place + "/ssh"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["host", "user", "stranger"] {
            try Command.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(folder)/\(name)"])
        }
        try FileManager.default.copyItem(atPath: "\(folder)/user.pub", toPath: "\(folder)/authorized")
        let hostKey = try String(contentsOfFile: "\(folder)/host.pub", encoding: .utf8)
        try "git.invalid \(hostKey)".write(toFile: "\(folder)/known", atomically: true, encoding: .utf8)
        try """
        HostKey \(folder)/host
        AuthorizedKeysFile \(folder)/authorized
        PidFile none
        UsePAM no
        StrictModes no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        SetEnv GIT_CONFIG_NOSYSTEM=1

        """.write(toFile: "\(folder)/config", atomically: true, encoding: .utf8)
        // Where sshd separates privileges; only root needs it.
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
    }

    /// For git's `core.sshCommand`.
    func command(key: String) -> String {
        "ssh -F none -i \(folder)/\(key) -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=\(folder)/known "
            + "-o 'ProxyCommand=/usr/sbin/sshd -i -f \(folder)/config 2>/dev/null'"
    }
}
