# MPICH 4: the line for its mpirun, Hydra; sourced by scripts/launch.
# shellcheck shell=bash disable=SC2034 # the other files of this folder use the variables

# find_hydra PATH: sets mpi_daemon, the daemon that Hydra starts on every host from its own folder, and
# mpi_version_program, whose --version prints the version; both empty if PATH is a wrapper of another folder.
find_hydra() {
    local folder
    mpi_prefix='' mpi_daemon='' mpi_version_program='' mpi_name=MPICH
    for folder in "$(dirname -- "$1")" "$(dirname -- "$(readlink -f -- "$1")")"; do
        if [ -x "$folder/hydra_pmi_proxy" ]; then
            mpi_daemon=$folder/hydra_pmi_proxy
            break
        fi
    done
    if [ -n "$mpi_daemon" ] && [ -x "${mpi_daemon%/*}/mpiexec.hydra" ]; then mpi_version_program=${mpi_daemon%/*}/mpiexec.hydra; fi
    [[ -z $interface || $interface =~ ^[A-Za-z0-9._-]+$ ]] || die 2 "$mpirun is MPICH's: under it --interface takes the name" \
        "of one interface, such as eth0; got '$interface'."
    # Open MPI's host files are not read.
    unset OMPI_MCA_orte_default_hostfile PRTE_MCA_prte_default_hostfile
}

# hydra_variables: the environment variables that MPICH and its network libraries read.
hydra_variables() { compgen -e | grep -E '^(MPICH_|MPIR_CVAR_|FI_|UCX_)'; }

# compose_hydra_line WORD...: the line that runs these words, in the array `line`.
compose_hydra_line() {
    local name names
    line=()
    # Only for ssh: srun and the launchers of other resource managers would receive its options, too.
    case $host_source in
        list | default) [ -z "$ssh_arguments" ] || line+=(env "HYDRA_LAUNCHER_EXTRA_ARGS=$ssh_arguments") ;;
    esac
    line+=("$mpirun" -n "$ranks" -bind-to "$bind")
    case $host_source in
        list | default)
            # Slurm's hosts, or those of another manager, are not these.
            line+=(-hosts "$(host_list)" -rmk user -launcher ssh)
            [ "${ssh_words[0]}" = ssh ] || line+=(-launcher-exec "${ssh_words[0]}")
            ;;
        slurm | environment) if [ -n "$nproc_per_node" ]; then line+=(-ppn "$nproc_per_node"); fi ;;
        here) if [ "$ignores_slurm" = yes ]; then line+=(-rmk user -launcher fork); fi ;;
    esac
    if [ -n "$interface" ]; then
        line+=(-iface "$interface")
        # The network libraries of the ranks, libfabric and UCX; values that the user has set are kept.
        for name in FI_TCP_IFACE FI_SOCKETS_IFACE UCX_NET_DEVICES; do
            [ -n "${!name+set}" ] || line+=(-genv "$name" "$interface")
        done
    fi
    # Ranks on this machine inherit all variables.
    if [ "$host_source" != here ]; then
        names=$({ passed_variables; hydra_variables; } | sort -u | paste -sd ,)
        line+=(-genvlist "$names")
    fi
    # As Open MPI's, for logs.sh. Hydra does not distinguish the streams.
    if [ "$tag" = yes ] || [ -n "$log_dir" ]; then line+=(-prepend-pattern '[%g,%r]<stdio>:'); fi
    # shellcheck disable=SC2206 # words are meant to be split
    [ -z "$extra" ] || line+=($extra)
    line+=("$@")
}

# forget_hydra: before a start, removes Hydra's messages of an earlier one.
forget_hydra() { rm -f "$scratch/hydra-report" "$scratch/hydra-words"; }

# pass_hydra: copies its input, Hydra's standard output, as it arrives, except Hydra's report of ranks that a
# signal ended: an empty line, and text between two lines of equality signs. Stores two numbers of the report
# in $scratch/hydra-report: the wait status of one such rank, and the signal that Hydra names after it.
#
# bash reads a pipe byte by byte and drops NUL bytes: output is slow, and must be text.
pass_hydra() {
    local line status frame held='' state=out LC_ALL=C
    printf -v frame '%83s' ''
    frame=${frame// /=}$'\n'
    while :; do
        line=''
        IFS= read -r -t 0.5 line
        status=$?
        if [ "$status" -eq 0 ]; then line+=$'\n'; fi
        case $state in
            out | after)
                case $line in
                    # May be the beginning of a report.
                    $'\n')
                        copy "$held"
                        held=$line
                        ;;
                    "$frame")
                        if [ "$held" != $'\n' ]; then
                            copy "$held"
                            held=''
                        fi
                        held+=$line
                        ;;
                    '=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES'$'\n')
                        if [[ $held == *"$frame" ]]; then
                            held='' state=report
                        else
                            copy "$held$line"
                            held=''
                        fi
                        ;;
                    'YOUR APPLICATION TERMINATED WITH THE EXIT STRING: '* | 'This typically refers to a problem with your application.'$'\n' | \
                        'Please see the FAQ page for debugging suggestions'$'\n')
                        if [ "$state" = out ]; then
                            copy "$held$line"
                            held=''
                        elif [[ $line =~ \(signal\ ([0-9]+)\) ]]; then
                            printf '%s\n' "${BASH_REMATCH[1]}" >>"$scratch/hydra-report"
                        fi
                        ;;
                    *)
                        copy "$held$line"
                        held=''
                        ;;
                esac
                ;;
            report)
                case $line in
                    '=   EXIT CODE: '*) [ -e "$scratch/hydra-report" ] || printf '%s\n' "${line//[!0-9]/}" >"$scratch/hydra-report" ;;
                    "$frame") state=after ;;
                esac
                ;;
        esac
        # Above 128: a time-out.
        [ "$status" -eq 0 ] || [ "$status" -gt 128 ] || break
    done
    copy "$held"
    # As pass_on: an output that cannot be written does not stop the reader.
    cat >/dev/null
}

# sort_hydra_line: handles a line of Hydra's standard error output in `line`. Messages of Hydra's processes are
# kept for judge_hydra: after the end of a rank they only say that these processes have lost each other.
sort_hydra_line() {
    local text=$line
    # The prefix of -prepend-pattern.
    if [[ $line =~ ^\[[^][]*,[0-9]+\]\<stdio\>:(.*)$ ]]; then text=${BASH_REMATCH[1]}; fi
    case $text in
        '[mpiexec@'*'] '* | '[proxy:'*'@'*'] '*) printf '%s' "$line" >>"$scratch/hydra-words" ;;
        'Abort('*') on node '*': application called MPI_Abort('*) kinds=$((kinds | said_end)) ;;
        'Abort('*') on node '*': Fatal error in '*'Init'*)
            kinds=$((kinds | said_other | said_start))
            copy "$line"
            ;;
        *) copy "$line" ;;
    esac
}

# judge_hydra: after the end of a start, handles Hydra's messages: all are in DIR/mpirun.log (--log-dir), and
# on the screen if no exit code of a rank is known and no signal asked for a stop. Adds their kinds to `said`,
# and sets `status` as under Open MPI: to 128 + the signal that ended a rank. With ranks on other hosts
# Hydra's is 255.
judge_hydra() {
    local codes=() kinds=$said
    if [ -s "$scratch/hydra-words" ] && [ -n "$log_dir" ]; then cat "$scratch/hydra-words" >>"$log_dir/mpirun.log"; fi
    [ "$status" -ne 0 ] || return 0
    [ ! -s "$scratch/hydra-report" ] || mapfile -t codes <"$scratch/hydra-report"
    if [ ${#codes[@]} -gt 0 ]; then
        kinds=$((kinds | said_end))
        status=$(status_of_report "${codes[@]}")
    else
        if [ -s "$scratch/hydra-words" ] && [ $((kinds & said_end)) -eq 0 ] && [ "$asked" = no ] && [ ! -e "$scratch/ended" ]; then
            note_words "$(cat "$scratch/hydra-words")"
            cat "$scratch/hydra-words" >&2
        fi
        # Hydra has no message for a rank that ends by itself.
        if [ "$status" -ne 255 ] && { [ ! -s "$scratch/hydra-words" ] || has_begun; }; then kinds=$((kinds | said_end)); fi
    fi
    said=$kinds
}

# status_of_report WAIT-STATUS [SIGNAL]: the exit status for Hydra's report. A wait status is the signal, plus
# 128 with a core dump, or 256 times an exit status. Hydra kills the other ranks (KILL, 9), and may report one
# of those: then the signal that it names counts. That is not exact, since Hydra joins the bits of all statuses.
status_of_report() {
    local signal=$(($1 & 127))
    if [ "$signal" -eq 9 ]; then signal=${2:-9}; fi
    if [ "$signal" -ne 0 ]; then
        printf '%s' $((128 + signal))
    else
        printf '%s' $(($1 >> 8))
    fi
}
