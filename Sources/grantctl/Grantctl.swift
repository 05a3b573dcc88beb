import ArgumentParser
import ServiceLifecycle
@main struct Grantctl: ParsableCommand {}
