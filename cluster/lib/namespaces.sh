# Network namespaces of a test bed: one for each host and one for the switch; sourced by cluster/testbed.
# Their names hold the bed's identity, so that a bed is found also when nothing but its namespaces is left.
# shellcheck shell=bash disable=SC2154

# Sets `bed`, which begins the names of this bed's namespaces: from the state directory's path.
identify_bed() {
    local sum
    sum=$(printf '%s' "$state" | sha256sum)
    bed=lockstep-${sum:0:8}
    switch=$bed-switch
}

namespace_of() { printf '%s-%s' "$bed" "$1"; }

# Sets `reason` and fails when no bed can be made on this machine.
check_possible() {
    local program probe=$bed-probe-$$
    reason=''
    catch_signals
    # shellcheck disable=SC2064 # the name is known now
    trap "ip netns delete $probe 2>/dev/null || true" EXIT
    for program in ip tc unshare nsenter ssh ssh-keygen; do
        command -v "$program" >/dev/null ||
            reason="there is no '$program' here (Debian: apt-get install iproute2 util-linux openssh-client)."
    done
    [ -n "$(sshd_path)" ] || reason="there is no sshd here. scripts/setup --with-testbed installs openssh-server without starting it."
    if [ "$(id -u)" -ne 0 ]; then
        reason="a test bed needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN), and this is user $(id -un)."
    fi
    [ -z "$reason" ] || return 1
    local complaint
    if ! complaint=$(ip netns add "$probe" 2>&1); then
        reason="no network namespace can be made here (CAP_SYS_ADMIN is missing, or the kernel does not allow it): $complaint"
        return 1
    fi
    if ! complaint=$({ ip -n "$probe" link add name probe type bridge && ip netns exec "$probe" unshare --mount --uts --ipc true; } 2>&1); then
        reason="network namespaces work here, but a bridge or a mount namespace does not (CAP_NET_ADMIN is missing?): $complaint"
    elif delayed && ! [ -c /dev/net/tun ]; then
        reason="a delay needs /dev/net/tun, which is not here."
    elif delayed && ! command -v python3 >/dev/null; then
        reason="a delay needs python3, which is not here."
    fi
    ip netns delete "$probe"
    [ -z "$reason" ]
}

# The namespaces of this bed that exist, one a line.
existing_namespaces() {
    local path
    for path in /run/netns/"$bed"-*; do
        [ ! -e "$path" ] || printf '%s\n' "${path##*/}"
    done
}

make_namespaces() {
    local number name names=("$switch")
    for ((number = 1; number <= hosts; number++)); do names+=("$(namespace_of "$number")"); done
    for name in "${names[@]}"; do
        ip netns add "$name"
        # No IPv6: its address set-up only adds noise and seconds.
        ip netns exec "$name" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' 2>/dev/null || true
        ip -n "$name" link set lo up
    done
}

# Ends all processes in a namespace: only what was started in this bed can be there.
end_processes() {
    local processes
    for _ in {1..100}; do
        processes=$(ip netns pids "$1" 2>/dev/null) || return 0
        [ -n "$processes" ] || return 0
        # shellcheck disable=SC2086 # one word for each process
        kill -KILL $processes 2>/dev/null || true
        sleep 0.05
    done
    say "testbed: processes in $1 do not end: ${processes//$'\n'/ }"
    return 1
}
