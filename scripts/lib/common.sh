# Shared by the scripts of this folder; sourced, not run.
# shellcheck shell=bash

# The next opened file would get the number of a descriptor that the caller has closed.
{ : <&0; } 2>/dev/null || exec 0</dev/null
{ : >&1; } 2>/dev/null || exec 1>/dev/null
{ : >&2; } 2>/dev/null || exec 2>/dev/null

# The top of the repository, or PREFIX/share/lockstep of an installation.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

# is_installed: whether scripts/install put this here: there are no sources then.
is_installed() { [ ! -e "$repository/Package.swift" ]; }

say() { printf '%s\n' "$*" >&2; }

# die STATUS MESSAGE...: prints the message and exits.
die() {
    local status=$1
    shift
    say "${0##*/}: $*"
    exit "$status"
}

# require_own PATH: exits with status 2 if any user except this one and root could change the contents of PATH. Any
# user may have created a folder in /tmp first, and its files are trusted.
require_own() {
    local path=$1 end owner mode user what=''
    user=$(id -u)
    if [ -L "$path" ]; then
        owner=$(stat -c %u -- "$path")
        if [ "$owner" -ne "$user" ] && [ "$owner" -ne 0 ]; then what="a link of another user"; fi
    fi
    [ -n "$what" ] || path=$(realpath -m -- "$path")
    end=$path
    while [ -z "$what" ]; do
        if [ -e "$path" ]; then
            read -r owner mode < <(stat -c '%u %a' -- "$path")
            mode=$((8#$mode))
            if [ "$owner" -ne "$user" ] && { [ "$owner" -ne 0 ] || [ "$path" = "$end" ]; }; then
                what="the property of $(id -un "$owner" 2>/dev/null || printf 'user %s' "$owner")"
            elif [ $((mode & 8#022)) -ne 0 ] && { [ "$path" = "$end" ] || [ $((mode & 8#1000)) -eq 0 ]; }; then
                # In a folder like /tmp (sticky) users cannot replace files of others.
                what="a folder that others may write to"
            fi
        fi
        if [ -n "$what" ] || [ "$path" = / ]; then break; fi
        path=$(dirname -- "$path")
    done
    [ -z "$what" ] || die 2 "$1 is not used: $path is $what, so that others could change what is read from it. Remove" \
        "it, or choose another place."
}

# start_time PROCESS: in ticks since the machine started; nothing if it has ended. Together with its number it
# identifies a process.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

# help_of SCRIPT: the comment at its top.
help_of() { sed -n '2,/^set /s/^# \{0,1\}//p' "$1"; }

# cores [ROOT]: the number of processors this process may use: those of its affinity, but no more than the quotas of
# its control groups allow. (nproc would also obey OMP_NUM_THREADS.) ROOT is put before /proc and /sys, for tests.
cores() {
    local count quota
    count=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
    for quota in $(processor_quotas "${1:-}"); do
        if [ "$quota" -lt "$count" ]; then count=$quota; fi
    done
    printf '%s\n' "$count"
}

# processor_quotas ROOT: the number of processors, at least 1, that each control group above this process allows; one per line.
processor_quotas() {
    local controllers path mount mounts quota period
    while IFS=: read -r _ controllers path; do
        # Version 2 has no controllers; in version 1 use the cpu controller.
        case ,$controllers, in
            ,,) mounts=("$1/sys/fs/cgroup" "$1/sys/fs/cgroup/unified") ;;
            *,cpu,*) mounts=("$1/sys/fs/cgroup/$controllers" "$1/sys/fs/cgroup/cpu") ;;
            *) continue ;;
        esac
        # In a container the path may be relative to the host's root: each parent folder is checked, including the last.
        path=${path%/}/
        while [ -n "$path" ]; do
            path=${path%/*}
            for mount in "${mounts[@]}"; do
                quota='' period=''
                if [ -r "$mount$path/cpu.max" ]; then
                    read -r quota period <"$mount$path/cpu.max"
                elif [ -r "$mount$path/cpu.cfs_quota_us" ]; then
                    read -r quota <"$mount$path/cpu.cfs_quota_us"
                    read -r period <"$mount$path/cpu.cfs_period_us"
                fi
                if [[ $quota =~ ^[0-9]+$ && $period =~ ^[1-9][0-9]*$ ]]; then
                    quota=$((quota / period))
                    printf '%s\n' $((quota > 0 ? quota : 1))
                fi
            done
        done
    done 2>/dev/null <"$1/proc/self/cgroup"
}

# Open MPI requires two variables before it runs as root.
allow_root() {
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}

# The path of the release build or the installed command.
release_binary() {
    if is_installed; then
        printf '%s/bin/lockstep' "${repository%/share/lockstep}"
    else
        printf '%s/.build/release/lockstep' "$repository"
    fi
}

# Builds the command if it is missing or older than a source.
build_if_needed() {
    local binary
    binary=$(release_binary)
    if is_installed; then
        [ -x "$binary" ] || die 1 "this installation has no command: '$binary' cannot be run. Install again with scripts/install."
        return
    fi
    if [ -x "$binary" ] && [ -z "$(find "$repository/Package.swift" "$repository/Sources" -newer "$binary" -type f -print -quit)" ]; then
        return
    fi
    command -v swift >/dev/null || die 1 "the lockstep command is not built, and there is no swift to build it." \
        "Install Swift 6.3 (https://www.swift.org/install)."
    say "Building lockstep (release)..."
    (cd "$repository" && swift build -c release --product lockstep >&2) || die 1 "the build failed; see above."
    # The linker does not touch the file if nothing changed.
    touch -c "$binary"
}
