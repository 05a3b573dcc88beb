# Sourced by the other scripts: what they share. Plain sh.
#   need PACKAGE...   installs the Debian packages that are missing, by name, without a prompt
#   need_swift        checks the toolchain
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "== $*" >&2; }

need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing$missing"
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

need_swift() {
    command -v swift >/dev/null || {
        say "swift is missing: install Swift 6.3 for Debian 12 from https://www.swift.org/install/linux/ and put it on PATH"
        exit 1
    }
}

# What building needs, and what the program itself runs: git, ssh-keygen and gpgv.
need_build() {
    need_swift
    need libgit2-dev libssl-dev libsqlite3-dev libcurl4-openssl-dev libyaml-dev libsimdjson-dev libpcre2-dev \
        libxmlsec1-dev libxml2-dev zlib1g-dev libbrotli-dev libzstd-dev \
        g++ libstdc++-12-dev ca-certificates git openssh-client gpgv
}
