// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Debug builds, which every test runs in, check at run time that accesses do not overlap; see docs/decisions/0012.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "grantctl",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "grantctl", targets: ["grantctl"]),
        // Loaded into processes that tests end between two steps.
        .library(name: "KillAtStep", type: .dynamic, targets: ["CKillAtStep"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries of the system, one small module each.
        .target(name: "CLibGit2", linkerSettings: [.linkedLibrary("git2")]),
        .target(name: "CLibYAML", linkerSettings: [.linkedLibrary("yaml")]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CLibCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(
            name: "CXMLSec",
            // What `pkg-config --cflags xmlsec1-openssl` prints on Debian 12; its headers do not work without.
            cSettings: [
                .unsafeFlags(["-I/usr/include/libxml2", "-I/usr/include/xmlsec1"]),
                .define("__XMLSEC_FUNCTION__", to: "__func__"), .define("XMLSEC_NO_SIZE_T"),
                .define("XMLSEC_OPENSSL3_ENGINES", to: "1"), .define("XMLSEC_NO_GOST", to: "1"),
                .define("XMLSEC_NO_GOST2012", to: "1"), .define("XMLSEC_NO_CRYPTO_DYNAMIC_LOADING", to: "1"),
                .define("XMLSEC_CRYPTO_OPENSSL", to: "1"),
            ],
            linkerSettings: [
                .linkedLibrary("xmlsec1-openssl"), .linkedLibrary("xmlsec1"), .linkedLibrary("xml2"),
            ]),
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .target(
            name: "CContentCoding",
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("brotlidec"), .linkedLibrary("zstd")]),

        .target(name: "StrictJSON", dependencies: ["CSimdJSON"], swiftSettings: strict),
        .target(name: "GrantModel", dependencies: ["CLibYAML", crypto], swiftSettings: strict),
        .target(
            name: "Reconciler",
            dependencies: ["GrantModel", "CLibGit2", crypto, cryptoExtras, logging],
            swiftSettings: strict
        ),
        .target(
            name: "Identity",
            dependencies: [
                "GrantModel", "StrictJSON", "CLibCurl", "CXMLSec", crypto, cryptoExtras, logging, x509, asn1,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Masking", dependencies: ["GrantModel", "StrictJSON", "CPCRE2", crypto], swiftSettings: strict),
        .target(
            name: "Records",
            dependencies: [
                "GrantModel", logging, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Proxy",
            dependencies: nio + [
                "GrantModel", "Identity", "Masking", "Records", "StrictJSON", "CContentCoding", crypto, logging,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Demo",
            dependencies: nio + [
                "GrantModel", "StrictJSON", crypto, cryptoExtras, logging, asn1, x509,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "grantctl",
            dependencies: nio + [
                "GrantModel", "Reconciler", "Identity", "Masking", "Records", "Proxy", "Demo", "StrictJSON", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // Tests: one target a module, and what they share.
        .target(name: "TestSupport", dependencies: ["GrantModel"], path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "CKillAtStep", path: "Tests/CKillAtStep", linkerSettings: [.linkedLibrary("dl")]),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "GrantModelTests", dependencies: ["GrantModel", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ReconcilerTests",
            dependencies: [
                "Reconciler", "GrantModel", "FuzzChecks", "TestSupport", "CLibGit2", crypto, cryptoExtras, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IdentityTests",
            dependencies: nio + [
                "Identity", "GrantModel", "Demo", "TestSupport", crypto, cryptoExtras, logging, x509, asn1,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "MaskingCorpus", dependencies: [crypto], path: "Tests/MaskingCorpus", swiftSettings: strict),
        .testTarget(
            name: "MaskingTests", dependencies: ["Masking", "MaskingCorpus", "GrantModel", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RecordsTests",
            dependencies: [
                "Records", "GrantModel", "TestSupport", logging, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProxyTests",
            dependencies: nio + [
                "Proxy", "GrantModel", "Identity", "Masking", "Records", "Demo", "StrictJSON", "TestSupport", crypto,
                logging,
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: nio + ["Demo", "GrantModel", "StrictJSON", "TestSupport", logging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "GrantctlTests",
            dependencies: nio + [
                "grantctl", "GrantModel", "Reconciler", "Identity", "Records", "Proxy", "Demo", "StrictJSON",
                "TestSupport", logging,
            ],
            swiftSettings: strict
        ),

        // What must hold for any input; the fuzz targets below search for what it does not hold for.
        .target(
            name: "FuzzChecks",
            dependencies: [
                "GrantModel", "Reconciler", "Proxy", "StrictJSON", .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Fuzz/Checks", swiftSettings: strict),

        // Benchmarks measure; nothing asserts on time.
        .target(name: "CAllocationCount", path: "Benchmarks/CAllocationCount"),
        .executableTarget(
            name: "DecideBenchmark", dependencies: ["GrantModel", "CAllocationCount"],
            path: "Benchmarks/DecideBenchmark", swiftSettings: strict
        ),
        .executableTarget(
            name: "IdentityBenchmark", dependencies: ["GrantModel", "Identity", "Demo", crypto, logging],
            path: "Benchmarks/IdentityBenchmark", swiftSettings: strict
        ),
        .executableTarget(
            name: "MaskBenchmark", dependencies: ["GrantModel", "Masking", "MaskingCorpus"],
            path: "Benchmarks/MaskBenchmark", swiftSettings: strict
        ),
        .executableTarget(
            name: "ReconcileBenchmark", dependencies: ["GrantModel", "Reconciler", crypto, logging],
            path: "Benchmarks/ReconcileBenchmark", swiftSettings: strict
        ),
    ],
    cxxLanguageStandard: .cxx17
)

// Fuzz targets need a build with libFuzzer, which no other target could be linked in: `scripts/fuzz` asks for them.
if Context.environment["GRANTCTL_FUZZ"] != nil {
    package.targets += ["Document", "Signature", "Commit", "Facts", "Path", "Stream"].map { name in
        .executableTarget(
            name: "Fuzz\(name)", dependencies: ["FuzzChecks"], path: "Fuzz/\(name)",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    }
}
