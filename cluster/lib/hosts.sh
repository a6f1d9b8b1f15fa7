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

# Starts a host: namespaces of mounts, of processes, of System V memory and of the host name, in which sshd is the first process.
start_host() {
    local number=$1 host=$state/$prefix$1
    touch "$host/log"
    start ip netns exec "$(namespace_of "$number")" unshare --mount --uts --ipc --pid --fork \
        bash "$repository/cluster/lib/host" "$prefix$number" "$host" "$state/etc_hosts" "$(home_directory)" "$(sshd_path)" \
        >"$host/log" 2>&1
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

# find_first_process NUMBER: sets `process`, the first process of a host. It cannot be seen from inside a bed.
find_first_process() {
    process=$(cat "$state/$prefix$1/pid")
    ip netns pids "$(namespace_of "$1")" 2>/dev/null | grep -qx "$process" ||
        die 1 "the host $prefix$1 is gone, or this was called on a host of the bed. Its sshd's log is" \
            "$state/$prefix$1/log; to make the bed anew: cluster/testbed down, cluster/testbed up"
}

# enter_host NUMBER COMMAND...: becomes the command, on a host, in this directory. It is a child of this process, which waits.
enter_host() {
    local number=$1 process network=$subnet.0/24 yield=()
    shift
    find_first_process "$number"
    allow_root
    # More ranks than cores: those that wait must leave the core to the others.
    if [ $((hosts * slots)) -gt "$(cores)" ]; then yield=(OMPI_MCA_mpi_yield_when_idle=1); fi
    # unshare makes nothing new here: it forks, as entering a process namespace demands, and leaves Ctrl-C to its child.
    exec nsenter --target "$process" --net --mount --uts --ipc --pid --no-fork unshare --fork env -C "$PWD" \
        LOCKSTEP_TESTBED="$state" LOCKSTEP_SSH_OPTIONS="-p $port" \
        OMPI_MCA_plm_rsh_args="-p $port" OMPI_MCA_hwloc_base_binding_policy=none \
        OMPI_MCA_btl_tcp_if_include="$network" OMPI_MCA_oob_tcp_if_include="$network" \
        PRTE_MCA_plm_ssh_args="-p $port" PRTE_MCA_prte_if_include="$network" \
        OMPI_MCA_orte_tmpdir_base="$state/tmp" PRTE_MCA_prte_tmpdir_base="$state/tmp" "${yield[@]}" "$@"
}

# run_on_host NUMBER COMMAND...: runs a command on a host, hands signals on to it, and sets `status` to its exit status.
run_on_host() {
    local job signal
    if [ -t 0 ]; then
        # The command keeps the terminal, and gets its Ctrl-C.
        trap '' INT
        status=0
        (trap - INT && enter_host "$@") || status=$?
        return
    fi
    # A process group of its own: what reaches our group reaches the command once, from here.
    set -m
    (enter_host "$@") <&0 9>&- &
    job=$!
    set +m
    # shellcheck disable=SC2064 # these are known now
    for signal in INT TERM HUP USR1 USR2; do trap "hand_on $signal $job" "$signal"; done
    while :; do
        # Without bash's line about a job that a signal ended.
        # shellcheck disable=SC2034 # the caller's variable
        wait "$job" 2>/dev/null && status=0 || status=$?
        kill -0 "$job" 2>/dev/null || break
    done
}

# hand_on SIGNAL PROCESS: to the command that the process waits for.
# shellcheck disable=SC2317 # called by a trap
hand_on() {
    local child
    for _ in {1..100}; do
        child=$(pgrep -P "$2") && break
        kill -0 "$2" 2>/dev/null || return 0
        sleep 0.02
    done
    [ -z "$child" ] || kill "-$1" "$child" 2>/dev/null || true
}

# Ends all processes of a host but its sshd, and the one that waits for it.
kill_host() {
    local process parent processes
    find_first_process "$1"
    parent=$(ps -o ppid= -p "$process")
    for _ in {1..100}; do
        processes=$(ip netns pids "$(namespace_of "$1")" | grep -vxE "$process|${parent// /}" || true)
        [ -n "$processes" ] || return 0
        # shellcheck disable=SC2086 # one word for each process
        kill -KILL $processes 2>/dev/null || true
        sleep 0.05
    done
    die 1 "processes of $prefix$1 do not end: ${processes//$'\n'/ }"
}

show_status() {
    local number state_of cable count failed=0
    say "$hosts hosts of $slots slots; bandwidth ${rate:-not limited}; $delay ms one way; state in $state"
    for ((number = 1; number <= hosts; number++)); do
        if answers "$number"; then state_of="ssh answers"; else state_of="ssh does not answer" failed=1; fi
        if plugged_in "$number"; then cable="on the network"; else cable="cut off"; fi
        count=$(ip netns pids "$(namespace_of "$number")" | wc -l)
        count=$((count - 2))
        printf '%s  %s  %s, %s, %s processes besides sshd\n' "$prefix$number" "$(address_of "$number")" "$cable" "$state_of" "$count"
    done
    return $failed
}
