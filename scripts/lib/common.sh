# Shared by the scripts of this folder; sourced, not run.
# shellcheck shell=bash

# The top of the repository.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# die STATUS MESSAGE...: says what is wrong and ends.
die() {
    local status=$1
    shift
    say "${0##*/}: $*"
    exit "$status"
}

# help_of SCRIPT: the comment at its top.
help_of() { sed -n '2,/^set /s/^# \{0,1\}//p' "$1"; }

# The number of processors this process may use.
cores() { nproc; }

# Open MPI refuses to run as root unless told twice.
allow_root() {
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}

# Where `swift build -c release` puts the command.
release_binary() { printf '%s/.build/release/lockstep' "$repository"; }

# Builds the command when it is missing or older than a source.
build_if_needed() {
    local binary
    binary=$(release_binary)
    if [ -x "$binary" ] && [ -z "$(find "$repository/Package.swift" "$repository/Sources" -newer "$binary" -type f -print -quit)" ]; then
        return
    fi
    command -v swift >/dev/null || die 1 "the lockstep command is not built, and there is no swift to build it. Install Swift 6.3 (https://www.swift.org/install)."
    say "Building lockstep (release)..."
    (cd "$repository" && swift build -c release --product lockstep >&2) || die 1 "the build failed; see above."
    # The linker leaves the file alone when nothing changed.
    touch -c "$binary"
}
