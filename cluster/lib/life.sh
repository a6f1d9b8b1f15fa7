# How a test bed comes and goes; sourced by cluster/testbed.
# shellcheck shell=bash disable=SC2154

started=() locked=no

# wait_for WHAT LOG COMMAND...: until a command succeeds, at most 20 seconds.
wait_for() {
    local what=$1 log=$2 deadline=$((SECONDS + 20))
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || die 1 "$what does not come up; its log says: $(tail -n 3 "$log" 2>/dev/null)"
        sleep 0.05
    done
}

# start COMMAND...: in the background, without our descriptors: the lock, and what our caller waits to be closed.
start() {
    (
        local descriptor
        for descriptor in /proc/"$BASHPID"/fd/*; do
            descriptor=${descriptor##*/}
            # 255 is bash's own, and closed by exec.
            if [ "$descriptor" -gt 2 ] && [ "$descriptor" -ne 255 ]; then eval "exec $descriptor>&-"; fi
        done
        exec "$@"
    ) </dev/null &
    # Disowned, so that bash does not report its end.
    started+=($!) && disown $!
}

# A signal ends this script in order, by its EXIT trap.
catch_signals() {
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

# A directory that is not a bed's is never touched.
check_state_directory() {
    [ -e "$state" ] || return 0
    if [ ! -d "$state" ] || { [ ! -e "$state/lockstep-testbed" ] && [ -n "$(ls -A "$state")" ]; }; then
        die 2 "$state is not a test bed's directory, and not empty; set LOCKSTEP_TESTBED to another."
    fi
}

# One action at a time in a bed; processes that stay close descriptor 9.
lock_state() {
    mkdir -p "$(dirname "$state")"
    mkdir -m 755 "$state" 2>/dev/null || [ -d "$state" ]
    require_own "$state"
    touch "$state/lockstep-testbed"
    exec 9<"$state"
    flock 9
    locked=yes
    # The one before us may have removed the directory.
    [ -e "$state/lockstep-testbed" ] || lock_state
}

bring_up() {
    prepare
    make_bed
    trap - INT TERM HUP EXIT
    say "testbed: $hosts hosts, ${prefix}1 to $prefix$hosts, with $slots slots each; host file $state/hostfile"
}

# From here on an end of any kind removes what there is.
prepare() {
    check_possible || die 1 "$reason"
    check_state_directory
    trap undo EXIT
    lock_state
    if [ -f "$state/complete" ]; then
        trap - EXIT
        die 1 "there is a test bed in $state already; end it with: cluster/testbed down"
    fi
}

make_bed() {
    remove_bed
    make_ssh_directories
    save_options
    make_namespaces
    make_network
    # For Open MPI's session directories, which it names after hosts and process numbers: those of other beds are the same.
    mkdir "$state/tmp"
    make_keys
    write_files
    local number
    for ((number = 1; number <= hosts; number++)); do start_host "$number"; done
    wait_for_ssh
    touch "$state/complete"
}

# sshd wants /run/sshd; ~/.ssh is where each host's own is mounted. Both stay: other programs may use them by then.
make_ssh_directories() {
    local home
    home=$(home_directory)
    mkdir -p /run/sshd
    [ -d "$home/.ssh" ] || mkdir -m 700 "$home/.ssh"
}

undo() {
    local status=$?
    trap '' INT TERM HUP USR1 USR2
    trap - EXIT
    # Without the lock it is another's bed, unless the end came between the making of the directory and the lock.
    if [ "$locked" = no ] && [ -d "$state" ]; then
        { exec 9<"$state" && flock -n 9 && [ ! -e "$state/complete" ]; } || exit "$status"
    fi
    # What has been started may not have entered its namespace yet.
    if [ ${#started[@]} -gt 0 ]; then kill -KILL "${started[@]}" 2>/dev/null || true; fi
    remove_bed
    rm -rf "$state"
    exit "$status"
}

# Ends and removes all of a bed but its directory.
remove_bed() {
    local name
    rm -f "$state/complete"
    for name in $(existing_namespaces); do end_processes "$name"; done
    for name in $(existing_namespaces); do ip netns delete "$name"; done
    [ ! -d "$state" ] || find "$state" -mindepth 1 -maxdepth 1 ! -name lockstep-testbed -exec rm -rf {} +
}

take_down() {
    [ "$(id -u)" -eq 0 ] || die 1 "a test bed belongs to root, and this is user $(id -un)."
    check_state_directory
    lock_state
    trap '' INT TERM HUP
    remove_bed
    rm -rf "$state"
}

# run_on_own_bed COMMAND...: makes a bed, runs a command on its first host, and removes the bed, also when interrupted.
run_on_own_bed() {
    local status
    state=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-testbed-XXXXXX")
    identify_bed
    prepare
    make_bed
    run_on_host 1 "$@"
    exit "$status"
}
