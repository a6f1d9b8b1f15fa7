# The hosts of a test bed: ssh between them, and commands on them; sourced by cluster/testbed.
# shellcheck shell=bash disable=SC2154

sshd_path() { command -v sshd || { [ ! -x /usr/sbin/sshd ] || printf /usr/sbin/sshd; }; }

home_directory() { getent passwd "$(id -u)" | cut -d: -f6; }

# One key for the user, which every host accepts; one key for each host, which all know.
make_keys() {
    local number host names directory
    ssh-keygen -q -t ed25519 -N '' -C "$bed" -f "$state/user_key"
    for ((number = 1; number <= hosts; number++)); do
        host=$state/$prefix$number
        mkdir -p "$host"
        ssh-keygen -q -t ed25519 -N '' -C "$prefix$number" -f "$host/host_key"
        # Under the name, as on port 22, and as with another port.
        names="$prefix$number,$(address_of "$number"),[$prefix$number]:$port,[$(address_of "$number")]:$port"
        printf '%s %s\n' "$names" "$(cut -d' ' -f1,2 "$host/host_key.pub")" >>"$state/known_hosts"
    done
    for ((number = 1; number <= hosts; number++)); do
        directory=$state/$prefix$number/ssh
        mkdir -m 700 "$directory"
        install -m 600 "$state/user_key" "$directory/id_ed25519"
        install -m 644 "$state/user_key.pub" "$directory/id_ed25519.pub"
        install -m 600 "$state/user_key.pub" "$directory/authorized_keys"
        install -m 644 "$state/known_hosts" "$directory/known_hosts"
    done
}

write_files() {
    local number
    printf '127.0.0.1 localhost\n' >"$state/etc_hosts"
    for ((number = 1; number <= hosts; number++)); do
        printf '%s %s\n' "$(address_of "$number")" "$prefix$number" >>"$state/etc_hosts"
        printf '%s slots=%s\n' "$prefix$number" "$slots" >>"$state/hostfile"
        cat >"$state/$prefix$number/sshd_config" <<END
ListenAddress 0.0.0.0
Port $port
HostKey $state/$prefix$number/host_key
AuthorizedKeysFile $(home_directory)/.ssh/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
MaxStartups 100
MaxSessions 100
PidFile none
END
    done
}

# Starts a host: a namespace of mounts and of the host name, in which sshd holds all together.
start_host() {
    local number=$1 host=$state/$prefix$1
    touch "$host/log"
    ip netns exec "$(namespace_of "$number")" unshare --mount --uts \
        bash "$repository/cluster/lib/host" "$prefix$number" "$host" "$state/etc_hosts" "$(home_directory)" "$(sshd_path)" \
        </dev/null >"$host/log" 2>&1 9>&- &
    printf '%s\n' $! >"$host/pid"
    # Disowned, so that bash does not report its end.
    started+=($!) && disown $!
}

# The first host reaches every host by ssh.
wait_for_ssh() {
    local number
    for ((number = 1; number <= hosts; number++)); do
        wait_for "sshd of $prefix$number" "$state/$prefix$number/log" grep -q 'Server listening' "$state/$prefix$number/log"
    done
    for ((number = 1; number <= hosts; number++)); do
        wait_for "ssh to $prefix$number" "$state/$prefix$number/log" answers "$number"
    done
}

answers() {
    (enter_host 1 ssh -p "$port" -o BatchMode=yes -o ConnectTimeout=3 "$prefix$1" true) </dev/null >/dev/null 2>&1
}

# enter_host NUMBER COMMAND...: becomes the command, on a host, in this directory.
enter_host() {
    local number=$1 process network=$subnet.0/24 yield=()
    shift
    process=$(cat "$state/$prefix$number/pid")
    [ -d "/proc/$process" ] || die 1 "the host $prefix$number is gone (its sshd has ended; see $state/$prefix$number/log). Make the bed anew: cluster/testbed down, cluster/testbed up"
    allow_root
    # More ranks than cores: those that wait must leave the core to the others.
    if [ $((hosts * slots)) -gt "$(cores)" ]; then yield=(OMPI_MCA_mpi_yield_when_idle=1); fi
    exec nsenter --target "$process" --net --mount --uts env -C "$PWD" \
        LOCKSTEP_TESTBED="$state" LOCKSTEP_SSH_OPTIONS="-p $port" \
        OMPI_MCA_plm_rsh_args="-p $port" OMPI_MCA_hwloc_base_binding_policy=none \
        OMPI_MCA_btl_tcp_if_include="$network" OMPI_MCA_oob_tcp_if_include="$network" \
        PRTE_MCA_plm_ssh_args="-p $port" PRTE_MCA_prte_if_include="$network" "${yield[@]}" "$@"
}

# Ends all processes of a host but its sshd.
kill_host() {
    local keep processes
    keep=$(cat "$state/$prefix$1/pid")
    for _ in {1..100}; do
        processes=$(ip netns pids "$(namespace_of "$1")" | grep -vx "$keep" || true)
        [ -n "$processes" ] || return 0
        # shellcheck disable=SC2086 # one word for each process
        kill -KILL $processes 2>/dev/null || true
        sleep 0.05
    done
    die 1 "processes of $prefix$1 do not end: $processes"
}

show_status() {
    local number state_of cable count failed=0
    say "$hosts hosts of $slots slots; bandwidth ${rate:-not limited}; $delay ms one way; state in $state"
    for ((number = 1; number <= hosts; number++)); do
        if answers "$number"; then state_of="ssh answers"; else state_of="ssh does not answer" failed=1; fi
        if plugged_in "$number"; then cable="on the network"; else cable="cut off"; fi
        count=$(ip netns pids "$(namespace_of "$number")" | wc -l)
        printf '%s  %s  %s, %s, %s processes\n' "$prefix$number" "$(address_of "$number")" "$cable" "$state_of" "$count"
    done
    return $failed
}
