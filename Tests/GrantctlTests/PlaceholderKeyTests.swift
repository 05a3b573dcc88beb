import Foundation
import Proxy
import Testing

@testable import grantctl

@Suite struct PlaceholderKeyTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "grantctl-placeholders-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func theKeyIsMadeOnceAndReadByNobodyElse() throws {
        let state = try folder()
        defer { try? FileManager.default.removeItem(atPath: state) }
        let first = try PlaceholderKeyFile.own(in: state)
        #expect(first.bytes.count == PlaceholderKeyFile.leastBytes)
        #expect(try PlaceholderKeyFile.own(in: state).bytes == first.bytes)
        let path = state + "/" + PlaceholderKeyFile.name
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // One that was cut short is no key.
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        #expect(try PlaceholderKeyFile.own(in: state).bytes.count == PlaceholderKeyFile.leastBytes)
    }

    @Test func aKeyOfTheOperatorsIsNotShort() throws {
        let state = try folder()
        defer { try? FileManager.default.removeItem(atPath: state) }
        try Data("0123456789abcdef0123456789abcdef\n".utf8).write(to: URL(fileURLWithPath: state + "/good"))
        try Data("short\n".utf8).write(to: URL(fileURLWithPath: state + "/bad"))
        #expect(try PlaceholderKeyFile.read(.file(state + "/good")).bytes.count == 32)
        #expect(throws: SecretSource.Fault.self) { try PlaceholderKeyFile.read(.file(state + "/bad")) }
    }
}
