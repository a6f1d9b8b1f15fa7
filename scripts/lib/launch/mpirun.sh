# Finds mpirun; the mpirun line for Open MPI 4 and 5 (mpich.sh has MPICH's); the ssh command of mpirun and the
# launcher. Sourced by scripts/launch.
# shellcheck shell=bash

# Finds mpirun: mpi_kind (openmpi or mpich), mpi_major (4, 5, ...), mpi_prefix unless it is installed in a standard
# location, and mpi_daemon, which it starts on other hosts.
find_mpirun() {
    local path text status=0
    mpirun=${LOCKSTEP_MPIRUN:-mpirun}
    path=$(command -v "$mpirun") || die 2 "there is no $mpirun in PATH; scripts/setup installs Open MPI."
    text=$("$mpirun" --version 2>&1 </dev/null) || status=$?
    mpi_kind=openmpi mpi_name='Open MPI'
    if [ "$status" -eq 0 ] && [[ $text =~ ^HYDRA.*Version:[[:space:]]*([0-9]+)\. ]]; then
        mpi_kind=mpich mpi_major=${BASH_REMATCH[1]}
        find_hydra "$path"
        return
    fi
    text=$(head -n 1 <<<"$text")
    [ "$status" -lt 128 ] || die 75 "mpirun ($path) crashes: mpirun --version ends with $(outcome "$status").${text:+Its output: $text}"
    [ "$status" -eq 0 ] || die 2 "mpirun ($path) cannot be run (status $status): ${text:-no output}. Is Open MPI" \
        "complete, and are its libraries in LD_LIBRARY_PATH?"
    [[ $text =~ \(Open\ MPI\)\ ([0-9]+)\. ]] || die 2 "mpirun ($path) is not Open MPI's: '$text'. Put Open MPI's" \
        "folder first in PATH, or name MPICH's in LOCKSTEP_MPIRUN."
    mpi_major=${BASH_REMATCH[1]}
    mpi_prefix=${path%/bin/*}
    case $mpi_prefix in '' | /usr | /usr/local) mpi_prefix='' ;; esac
    if [ "$mpi_major" -ge 5 ]; then mpi_daemon=prted; else mpi_daemon=orted; fi
    if [ -n "$mpi_prefix" ]; then mpi_daemon=$mpi_prefix/bin/$mpi_daemon; fi
    # shellcheck disable=SC2034 # check.sh
    mpi_version_program=$mpi_daemon
}

# Sets the ssh command: ssh_words for the launcher, ssh_arguments for mpirun's ssh, and Open MPI's settings in
# ssh_settings.
find_ssh() {
    local agent=${OMPI_MCA_plm_rsh_agent:-} mine='' options arguments=${OMPI_MCA_plm_rsh_args:-}
    if [ "$mpi_kind" = mpich ]; then
        agent=${HYDRA_LAUNCHER_EXEC:-} arguments=${HYDRA_LAUNCHER_EXTRA_ARGS:-}
    elif [ "$mpi_major" -ge 5 ]; then
        agent=${PRTE_MCA_plm_ssh_agent:-$agent}
    fi
    agent=${agent%%:*}
    agent=${agent:-ssh}
    [ -z "$ssh_port" ] || mine+="-p $ssh_port "
    [ -z "$identity" ] || mine+="-i $identity -o IdentitiesOnly=yes "
    options=${LOCKSTEP_SSH_OPTIONS:-$arguments}
    # ssh uses the first of repeated options.
    # shellcheck disable=SC2206 # words are meant to be split
    ssh_words=($agent $mine$options)
    # shellcheck disable=SC2034 # check.sh
    connect_timeout=${LOCKSTEP_CONNECT_TIMEOUT:-10}
    if [ "$(basename "${ssh_words[0]}")" = ssh ]; then
        ssh_words+=(-o BatchMode=yes -o "ConnectTimeout=$connect_timeout")
    fi
    ssh_arguments=$mine${arguments:-${LOCKSTEP_SSH_OPTIONS:-}}
    ssh_arguments=${ssh_arguments% }
    ssh_settings=()
    if [ "$mpi_kind" = mpich ]; then return; fi
    if [ "$mpi_major" -ge 5 ]; then
        [ "$agent" = ssh ] || ssh_settings+=(--prtemca plm_ssh_agent "$agent")
        [ -z "$ssh_arguments" ] || ssh_settings+=(--prtemca plm_ssh_args "$ssh_arguments")
    elif [ "$ssh_arguments" != "$arguments" ]; then
        ssh_settings+=(--mca plm_rsh_args "$ssh_arguments")
    fi
}

# choose_transport: on this machine alone ranks exchange messages through its memory. Otherwise Open MPI first looks for networks that
# need another layer than ob1 (UCX, libfabric, PSM), which takes most of the time of a start. A layer that a user names is kept.
choose_transport() {
    if [ "$mpi_kind" != openmpi ] || [ "$host_source" != here ] || names_hosts "$extra" || [[ $extra == *pml* ]]; then return; fi
    export OMPI_MCA_pml=${OMPI_MCA_pml:-ob1}
}

# The variables passed to all ranks.
passed_variables() {
    {
        compgen -e | grep -E '^(LOCKSTEP_|OMP_|GOMP_|DNNL_|ONEDNN_)' | grep -vxE 'LOCKSTEP_(SSH_OPTIONS|BINARY|CONNECT_TIMEOUT)'
        compgen -e | grep -xE 'PATH|LD_LIBRARY_PATH|XDG_CACHE_HOME'
        if [ ${#environment_names[@]} -gt 0 ]; then printf '%s\n' "${environment_names[@]}"; fi
    } | sort -u
}

# network_settings NAMES-OR-NETWORKS: the network settings of mpirun and the ranks.
network_settings() {
    printf '%s\n' --mca btl_tcp_if_include "$1"
    if [ "$mpi_major" -ge 5 ]; then printf '%s\n' --prtemca prte_if_include "$1"; else printf '%s\n' --mca oob_tcp_if_include "$1"; fi
}

# names_hosts ARGUMENTS: whether arguments for mpirun (--mpi-args) specify hosts.
names_hosts() { [[ " $1 " =~ [[:space:]]--?(H|host|hostfile|machinefile|default-hostfile)[[:space:]] ]]; }

# settings_without_slurm: mpirun's settings if the Slurm job in the environment does not exist.
settings_without_slurm() {
    if [ "$mpi_major" -ge 5 ]; then
        printf '%s\n' --prtemca ras ^slurm --prtemca plm ^slurm
    else
        printf '%s\n' --mca ras ^slurm --mca plm ^slurm
    fi
}

# compose_line WORD...: the mpirun line that runs these words, in the array `line`.
compose_line() {
    local words name
    if [ "$mpi_kind" = mpich ]; then
        compose_hydra_line "$@"
        return
    fi
    line=("$mpirun" -np "$ranks" --bind-to "$bind")
    case $host_source in
        list) line+=(-H "$(host_list)") ;;
        default)
            if [ "$fewer_hosts" = yes ] || [ -n "$nproc_per_node" ]; then line+=(-H "$(host_list)"); fi
            ;;
        slurm | environment)
            if [ -n "$nproc_per_node" ]; then line+=(--map-by "ppr:$nproc_per_node:node"); fi
            ;;
        here)
            # Open MPI counts cores instead of processors, and ignores quotas. It must be told to
            # oversubscribe if ranks outnumber processors: waiting ranks then yield the processor.
            if ! names_hosts "$extra"; then line+=(-H "localhost:$processors"); fi
            if [ "$ranks" -gt "$processors" ]; then
                if [ "$mpi_major" -ge 5 ]; then line+=(--map-by :oversubscribe); else line+=(--oversubscribe); fi
            fi
            ;;
    esac
    if [ "$ignores_slurm" = yes ]; then mapfile -t words < <(settings_without_slurm) && line+=("${words[@]}"); fi
    # Otherwise mpirun truncates names at the first dot, although hosts were checked under their full names.
    if [[ $host_source =~ ^(list|default|environment)$ ]]; then
        if [ "$mpi_major" -ge 5 ]; then line+=(--prtemca prte_keep_fqdn_hostnames 1); else line+=(--mca orte_keep_fqdn_hostnames 1); fi
    fi
    if [ -n "$interface" ]; then
        mapfile -t words < <(network_settings "$interface")
        line+=("${words[@]}")
    elif [ "$mpi_major" -ge 5 ] && [ -n "${OMPI_MCA_oob_tcp_if_include:-}" ]; then
        line+=(--prtemca prte_if_include "$OMPI_MCA_oob_tcp_if_include")
    fi
    if [ "$host_source" != here ]; then
        if [ -n "$mpi_prefix" ]; then line+=(--prefix "$mpi_prefix"); fi
        line+=("${ssh_settings[@]}")
        if [ "$mpi_major" -ge 5 ] && [ "$host_source" != list ] && [ -n "$default_hostfile" ]; then
            line+=(--prtemca prte_default_hostfile "$default_hostfile")
        fi
        while IFS= read -r name; do line+=(-x "$name"); done < <(passed_variables)
    else
        for name in "${environment_names[@]}"; do line+=(-x "$name"); done
    fi
    if [ "$tag" = yes ] || [ -n "$log_dir" ]; then line+=(--tag-output); fi
    # shellcheck disable=SC2206 # words are meant to be split
    [ -z "$extra" ] || line+=($extra)
    line+=("$@")
}
