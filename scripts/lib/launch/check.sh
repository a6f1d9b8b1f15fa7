# Checks every host before the ranks start; sourced by scripts/launch.
# shellcheck shell=bash

# The time within which a connected host must answer, in seconds: generous, since it may be busy.
answer_limit=60
# Whether ranks have already run.
after_fault=no

# quoted TEXT: quotes it for any shell.
quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }

# version_line PROGRAM: the line of its --version that has the version; without one the first. Also runs on other
# hosts, in sh.
version_line() {
    "$1" --version 2>&1 | awk 'NR == 1 { first = $0 } /[0-9][.][0-9]/ { found = $0; exit } END { print found == "" ? first : found }' |
        tr -s ' ' | sed 's/^ //'
}

# name_for_daemons: the name by which daemons on other hosts connect to mpirun here; nothing if it sends an
# address.
name_for_daemons() { if [ "$mpi_kind" = mpich ] && [ -z "$interface" ]; then hostname; fi; }

# The assignments for scripts/lib/launch/probe-host.sh, once for all hosts.
describe_launch() {
    local path files='' said version='' checksum run_file_checksum='' note=''
    path=$(absolute "$binary")
    checksum=$(sha256sum <"$path") || die 2 "'$binary' cannot be read."
    if [ "$is_lockstep" = yes ]; then
        version=$("$path" --version 2>&1) || die 2 "'$binary' cannot be run: $version"
    fi
    if [ -n "$run_file" ]; then
        [ -r "$run_file" ] || die 2 "the run file '$run_file' cannot be read."
        run_file_checksum=$(sha256sum <"$run_file")
        if [ "$is_lockstep" = yes ]; then
            said=$("$path" files "$run_file" "${settings[@]}" 2>&1) || {
                say "$said"
                exit 2
            }
            while IFS= read -r path; do files+=${path:+$(absolute "$path")}$'\n'; done <<<"$said"
        fi
    fi
    case $mpi_daemon in */*) ;; *) note=' on the path of its ssh logins' ;; esac
    probe_text=$(
        printf 'probe_directory=%s\n' "$(quoted "$PWD")"
        printf 'probe_binary=%s\n' "$(quoted "$(absolute "$binary")")"
        printf 'probe_version=%s\n' "$(quoted "$version")"
        printf 'probe_checksum=%s\n' "$(quoted "$checksum")"
        printf 'probe_run_file=%s\n' "$(quoted "${run_file:+$(absolute "$run_file")}")"
        printf 'probe_run_file_checksum=%s\n' "$(quoted "$run_file_checksum")"
        printf 'probe_files=%s\n' "$(quoted "$files")"
        printf 'probe_run_directory=%s\n' "$(quoted "${run_directory:+$(absolute "$run_directory")}")"
        printf 'probe_interface=%s\n' "$(quoted "$interface")"
        printf 'probe_path=%s\n' "$(quoted "$PATH")"
        printf 'probe_library_path=%s\n' "$(quoted "${LD_LIBRARY_PATH:-}")"
        printf 'probe_daemon=%s\n' "$(quoted "$mpi_daemon")"
        printf 'probe_daemon_path_note=%s\n' "$(quoted "$note")"
        printf 'probe_mpi=%s\n' "$(quoted "$mpi_name")"
        printf 'probe_version_program=%s\n' "$(quoted "$mpi_version_program")"
        printf 'probe_daemon_version=%s\n' "$(quoted "$([ -z "$mpi_version_program" ] || version_line "$mpi_version_program")")"
        printf 'probe_resolves=%s\n' "$(quoted "$(name_for_daemons)")"
        declare -f version_line
        cat "$repository/scripts/lib/launch/probe-host.sh"
    )
}

# on_host HOST: runs the script on standard input in a shell on the host.
on_host() {
    if is_this_machine "$1"; then sh -s; else timeout $((connect_timeout + answer_limit)) "${ssh_words[@]}" "$1" sh -s; fi
}

# check_hosts: checks all hosts in parallel; after a fault it first ends remaining ranks there. Writes the
# file $scratch/host-I.problems for each host I, empty without problems.
check_hosts() {
    local i waiting=()
    need_scratch
    for i in "${!known_names[@]}"; do
        check_host "$i" "${known_names[i]}" &
        waiting+=($!)
    done
    wait "${waiting[@]}"
}

check_host() {
    local output=$scratch/host-$1.output errors=$scratch/host-$1.errors problems=$scratch/host-$1.problems status=0
    local here=no
    if is_this_machine "$2"; then here=yes; fi
    if [ "$here" = yes ]; then echo 'this machine'; else address_of_host "$2"; fi >"$scratch/host-$1.address"
    {
        if [ "$after_fault" = yes ]; then
            printf '(\n%s\n) | sed "s/^/left /"\n' "$(rank_script "$LOCKSTEP_LAUNCH" yes "$(traces)")"
        fi
        printf 'probe_here=%s\n%s\n' "$here" "$probe_text"
    } | on_host "$2" >"$output" 2>"$errors" || status=$?
    report_leftovers "$2" <"$output"
    if [ "$(tail -n 1 "$output")" = checked ]; then
        sed -n "s/^problem /host $2 /p" "$output" >"$problems"
    else
        unreachable "$2" "$status" "$errors" >"$problems"
    fi
}

# unreachable HOST STATUS FILE: ssh's message, with advice.
unreachable() {
    local said advice
    said=$(grep -v '^Warning: Permanently added' "$3" | tr -d '\r' | grep -v '^$' | tail -n 1)
    case $said in
        *'not resolve hostname'*) advice="Is its name right, and known here (/etc/hosts, DNS)?" ;;
        *'Permission denied'*)
            advice="ssh must log in without a password: put your public key into its ~/.ssh/authorized_keys, or name the "
            advice+="right key with --identity."
            ;;
        *'onnection refused'*) advice="Is sshd running there, and on this port? --ssh-port names another one." ;;
        *'Host key verification failed'*) advice="Log in by hand once (ssh $1) and check its key, or set LOCKSTEP_SSH_OPTIONS." ;;
        *'timed out'* | *'No route to host'* | *'unreachable'*) advice="Is it up, and reachable from here?" ;;
        *) advice="Try by hand: ${ssh_words[*]} $1 true" ;;
    esac
    said=${said#ssh: } said=${said%.}
    if [ "$2" = 124 ]; then said="no end within $((connect_timeout + answer_limit)) seconds"; fi
    printf 'host %s cannot be reached by ssh: %s. %s\n' "$1" "${said:-status $2}" "$advice"
}

# require_hosts: requires that every host passes before the first start.
require_hosts() {
    local i bad=0
    check_hosts
    for i in "${!known_names[@]}"; do
        [ -s "$scratch/host-$i.problems" ] || continue
        bad=$((bad + 1))
        sed 's/^/launch: /' "$scratch/host-$i.problems" >&2
    done
    [ "$bad" -eq 0 ] || die 2 "$bad of ${#known_names[@]} host(s) cannot take part: nothing was started."
    refuse_aliases
}

# refuse_aliases: rejects two names of one machine: mpirun would start one daemon, or two that disturb each
# other.
refuse_aliases() {
    local i k address addresses=()
    for i in "${!known_names[@]}"; do
        address=$(cat "$scratch/host-$i.address" 2>/dev/null)
        for ((k = 0; k < i; k++)); do
            if [ -n "$address" ] && [ "${addresses[k]}" = "$address" ]; then
                die 2 "${known_names[k]} and ${known_names[i]} are the same host ($address): name it once, with all its slots."
            fi
        done
        addresses+=("$address")
    done
}

# remaining_hosts: after a fault, finds the hosts that can take part; false if they are too few.
remaining_hosts() {
    local i slots
    after_fault=yes
    check_hosts
    host_names=() host_slots=() fewer_hosts=no
    for i in "${!known_names[@]}"; do
        if [ -s "$scratch/host-$i.problems" ]; then
            fewer_hosts=yes
            sed 's/^/launch: /' "$scratch/host-$i.problems" >&2
        else
            host_names+=("${known_names[i]}")
            host_slots+=("${known_slots[i]}")
        fi
    done
    slots=$(all_slots)
    ranks=$wanted_ranks
    if [ "$fewer_hosts" = yes ] && [ "$ranks" -gt "$slots" ]; then ranks=$slots; fi
    [ "$ranks" -ge "${min_ranks:-$wanted_ranks}" ] && [ "$ranks" -ge 1 ]
}
