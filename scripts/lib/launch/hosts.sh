# The hosts of a run, and the number of ranks on each; sourced by scripts/launch.
# shellcheck shell=bash

# The source of the hosts: `here` (this machine alone), `list` (-H, --hostfile), `default` (the default host file of
# Open MPI, or of MPICH: HYDRA_HOST_FILE), `slurm`, or `environment` (another resource manager, or a default host
# file that only mpirun understands).
host_source=here
host_names=() host_slots=()
# The default host file in the environment.
default_hostfile=''
# Whether mpirun must ignore Slurm.
ignores_slurm=no
# Whether hosts of the first start are missing.
fewer_hosts=no

# add_host WHERE NAME SLOTS; empty slots are set later.
add_host() {
    local known name=${2,,}
    [[ $2 =~ ^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$ ]] || host_mistake "$1: '$2' is not the name of a host." || return
    [[ -z $3 || $3 =~ ^[1-9][0-9]{0,5}$ ]] || host_mistake "$1: the slots of $2 must be a whole number from 1 on; got '$3'." || return
    # mpirun would treat names that differ only in case as two hosts.
    for known in "${host_names[@]}"; do
        [ "${known,,}" != "$name" ] || host_mistake "$1: $2 is listed twice; list it once, with all its slots." || return
    done
    host_names+=("$2")
    host_slots+=("$3")
}

# A mistake ends the launcher, except in a default host file, where mpirun accepts more formats.
host_mistake() {
    [ "$host_source" = default ] || die 2 "$1"
    say "launch: warning: $1 mpirun may understand it; the hosts are not checked before the start."
    host_source=environment host_names=() host_slots=()
    return 1
}

# node1:4,node2:4
read_host_list() {
    local entry
    host_source=list
    [ -n "${1//,/}" ] || die 2 "-H contains no host."
    while IFS= read -r entry; do
        case $entry in
            *:) die 2 "-H: the number of slots is missing in '$entry'." ;;
            *:*) add_host "-H" "${entry%%:*}" "${entry#*:}" ;;
            *) add_host "-H" "$entry" '' ;;
        esac
    done < <(tr ',' '\n' <<<"$1")
}

# One host per line: node1 slots=4, or as MPICH writes it, node1:4; a host without slots has one. Comments start
# with #.
read_host_file() {
    local file=$1 number=0 line name rest
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then host_mistake "the host file '$file' cannot be read." || return; fi
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line%%#*}
        read -r name rest <<<"${line%$'\r'}"
        [ -n "$name" ] || continue
        if [ "$mpi_kind" = mpich ] && [ -z "$rest" ] && [[ $name == *:* ]]; then rest=slots=${name#*:} name=${name%%:*}; fi
        case $rest in
            '') add_host "$file:$number" "$name" '' || return ;;
            slots=) host_mistake "$file:$number: the number of slots is missing." || return ;;
            slots=*) add_host "$file:$number" "$name" "${rest#slots=}" || return ;;
            *) host_mistake "$file:$number: only slots=N may follow the host's name; got '$rest'." || return ;;
        esac
    done <"$file"
    [ ${#host_names[@]} -gt 0 ] || host_mistake "the host file '$file' contains no host."
}

# look_for_slurm: checks that the Slurm job in the environment exists: a login shell may have inherited its
# variables, and without srun mpirun cannot start a rank in it. Otherwise mpirun ignores Slurm; a job with
# several hosts is then a mistake unless hosts are given.
look_for_slurm() {
    local lack said
    [ -n "${SLURM_JOB_ID:-}" ] || return 0
    if ! command -v srun >/dev/null; then
        lack="there is no srun in PATH"
    else
        # An unresponsive controller proves nothing about the job.
        command -v squeue >/dev/null || return 0
        if said=$(timeout 20 squeue -h -j "$SLURM_JOB_ID" -o %T 2>&1 </dev/null); then
            [ -z "$said" ] || return 0
        else
            [[ $said == *nvalid\ job\ id* ]] || return 0
        fi
        lack="Slurm has no such job any more"
    fi
    ignores_slurm=yes
    if [ -n "$hosts$hostfile$default_hostfile" ]; then
        say "launch: warning: SLURM_JOB_ID is $SLURM_JOB_ID, but $lack: the hosts are reached without Slurm."
    elif [ "${SLURM_JOB_NUM_NODES:-${SLURM_NNODES:-1}}" != 1 ]; then
        die 2 "SLURM_JOB_ID is $SLURM_JOB_ID, but $lack, so its ${SLURM_JOB_NUM_NODES:-$SLURM_NNODES} hosts cannot be" \
            "used. Start in the job, with srun in PATH; name hosts with -H; or unset SLURM_JOB_ID to use this machine alone."
    else
        say "launch: warning: SLURM_JOB_ID is $SLURM_JOB_ID, but $lack: this machine alone is used. (unset" \
            "SLURM_JOB_ID, where that is right.)"
    fi
}

find_hosts() {
    default_hostfile=${OMPI_MCA_orte_default_hostfile:-}
    if [ "$mpi_kind" = mpich ]; then
        default_hostfile=${HYDRA_HOST_FILE:-}
    elif [ "$mpi_major" -ge 5 ]; then default_hostfile=${PRTE_MCA_prte_default_hostfile:-$default_hostfile}; fi
    look_for_slurm
    if [ -n "$hosts" ]; then
        read_host_list "$hosts"
    elif [ -n "$hostfile" ]; then
        host_source=list
        read_host_file "$hostfile"
    elif [ -n "$default_hostfile" ]; then
        host_source=default
        read_host_file "$default_hostfile" || true
    elif [ -n "${SLURM_JOB_ID:-}" ] && [ "$ignores_slurm" = no ]; then
        host_source=slurm
    elif [ -n "${PBS_NODEFILE:-}${LSB_DJOB_HOSTFILE:-}${PE_HOSTFILE:-}" ]; then
        host_source=environment
    fi
    # Hosts given here replace those of the environment.
    if [ "$host_source" = list ]; then unset OMPI_MCA_orte_default_hostfile PRTE_MCA_prte_default_hostfile; fi
    local i
    for i in "${!host_names[@]}"; do
        host_slots[i]=${host_slots[i]:-${nproc_per_node:-1}}
        [ -n "$nproc_per_node" ] || continue
        [ "${host_slots[i]}" -ge "$nproc_per_node" ] ||
            die 2 "--nproc-per-node $nproc_per_node: ${host_names[i]} has only ${host_slots[i]} slot(s)."
        host_slots[i]=$nproc_per_node
    done
}

# address_of_host NAME: its first IPv4 address; nothing if it cannot be resolved here.
address_of_host() { getent ahostsv4 "$1" 2>/dev/null | awk 'NR == 1 { print $1 }'; }

# all_slots: the number of slots of all hosts; nothing if unknown. Slurm writes 2(x3),1.
all_slots() {
    local sum=0 part
    case $host_source in
        here) printf '%s\n' "$processors" ;;
        list | default)
            for part in "${host_slots[@]}"; do sum=$((sum + part)); done
            printf '%s\n' "$sum"
            ;;
        slurm)
            local nodes=${SLURM_JOB_NUM_NODES:-${SLURM_NNODES:-}}
            if [ -n "$nproc_per_node" ]; then
                [ -z "$nodes" ] || printf '%s\n' $((nproc_per_node * nodes))
                return
            fi
            [ -n "${SLURM_TASKS_PER_NODE:-}" ] || return 0
            for part in ${SLURM_TASKS_PER_NODE//,/ }; do
                if [[ $part =~ ^([0-9]+)\(x([0-9]+)\)$ ]]; then
                    sum=$((sum + BASH_REMATCH[1] * BASH_REMATCH[2]))
                elif [[ $part =~ ^[0-9]+$ ]]; then
                    sum=$((sum + part))
                else
                    return 0
                fi
            done
            printf '%s\n' "$sum"
            ;;
    esac
}

# host_list: node1:4,node2:4
host_list() {
    local i text=''
    for i in "${!host_names[@]}"; do text+=",${host_names[i]}:${host_slots[i]}"; done
    printf '%s' "${text#,}"
}

# Turns -n auto and --nproc-per-node into a number of ranks, and compares it with the slots.
count_ranks() {
    local slots
    slots=$(all_slots)
    if [ -n "$nproc_per_node" ] && [ "$host_source" = here ]; then slots=$nproc_per_node; fi
    case $ranks in
        auto | '')
            ranks=$slots
            [ -n "$ranks" ] || die 2 "how many ranks? The number of slots is not known here: give -n N."
            ;;
        *)
            if [ -n "$slots" ] && [ "$ranks" -gt "$slots" ] && [[ $extra != *oversubscribe* ]]; then
                if [ -n "$nproc_per_node" ]; then
                    die 2 "-n $ranks is more than --nproc-per-node $nproc_per_node allows on these hosts: $slots."
                elif [ "$host_source" != here ]; then
                    die 2 "$ranks ranks are more than the $slots slot(s) of the" \
                        "hosts$([ ${#host_names[@]} -eq 0 ] || printf ' (%s)' "$(host_list)"). Use fewer ranks, or" \
                        "more slots (host:slots, slots=N)$([ "$mpi_kind" = mpich ] || printf '; --mpi-args --oversubscribe if it is meant')."
                fi
            fi
            ;;
    esac
    if [ -n "$min_ranks" ] && [ "$min_ranks" -gt "$ranks" ]; then die 2 "--min-ranks $min_ranks is more than the" \
        "$ranks rank(s) of the run."; fi
    # shellcheck disable=SC2034 # scripts/launch compares it after a fault
    wanted_ranks=$ranks
}

# Whether a name refers to this machine, so that ssh is not needed.
is_this_machine() {
    local address mine own
    own=$(hostname)
    case ${1,,} in localhost | 127.* | "${own,,}") return 0 ;; esac
    address=$(address_of_host "$1")
    [ -n "$address" ] || return 1
    [[ $address == 127.* ]] && return 0
    for mine in $(hostname -I 2>/dev/null); do
        [ "$mine" != "$address" ] || return 0
    done
    return 1
}
