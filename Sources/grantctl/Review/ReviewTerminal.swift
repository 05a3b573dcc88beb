import Foundation

/// Reads single keys from the terminal that a reviewer sits at.
///
/// The terminal is put back after every key, so that nothing that ends this program leaves it without echo for longer
/// than somebody thinks about a key.
struct ReviewTerminal {
    private let descriptor = STDIN_FILENO

    /// Whether somebody sits there: both ways lead to a terminal.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    enum Input {
        case key(Character)
        /// Ctrl-C, Ctrl-D, or the terminal is gone.
        case interrupt
    }

    /// Waits for a key; arrows and other sequences are passed over.
    func key() -> Input {
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { return .interrupt }
        var raw = before
        // ISIG off: Ctrl-C comes as a byte, and what was decided is kept.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        guard tcsetattr(descriptor, TCSADRAIN, &raw) == 0 else { return .interrupt }
        defer { tcsetattr(descriptor, TCSADRAIN, &before) }
        while true {
            guard let byte = byte() else { return .interrupt }
            switch byte {
            case 0x03, 0x04, 0x1C: return .interrupt
            case 0x1B: skipSequence()
            case 0x0A, 0x0D, 0x20...0x7E: return .key(Character(Unicode.Scalar(byte)))
            default: continue
            }
        }
    }

    private func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count == 1 { return byte }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }

    /// The rest of an escape sequence is there at once.
    private func skipSequence() {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&polled, 1, 20) == 1, polled.revents & Int16(POLLIN) != 0 {
            guard let byte = byte() else { return }
            // CSI and SS3 sequences end in a letter or `~`.
            if byte != UInt8(ascii: "["), byte != UInt8(ascii: "O"), byte >= 0x40 { return }
        }
    }

    /// One line, edited as terminals do; nil at its end.
    func line(_ prompt: String) -> String? {
        FileHandle.standardOutput.write(Data(prompt.utf8))
        return readLine(strippingNewline: true)
    }
}
