# MPICH 4: the line for its mpirun, Hydra; sourced by scripts/launch.
# shellcheck shell=bash disable=SC2034 # the other files of this folder use the variables

# find_hydra PATH: sets mpi_daemon, the daemon that Hydra starts on every host from its own folder, and mpi_version_program, whose
# --version tells the version; both empty if PATH is a wrapper of another folder.
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

# network_of_ranks: assignments that restrict the network libraries of the ranks, libfabric and UCX, to --interface.
network_of_ranks() { printf '%s\n' "FI_TCP_IFACE=$interface" "FI_SOCKETS_IFACE=$interface" "UCX_NET_DEVICES=$interface"; }

# compose_hydra_line WORD...: the line that runs these words, in the array `line`.
compose_hydra_line() {
    local names setting
    line=()
    if [ "$host_source" != here ] && [ -n "$ssh_arguments" ]; then line+=(env "HYDRA_LAUNCHER_EXTRA_ARGS=$ssh_arguments"); fi
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
        while IFS='=' read -r setting names; do line+=(-genv "$setting" "$names"); done < <(network_of_ranks)
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

# forget_hydra: before a start, removes what Hydra has said in an earlier one.
forget_hydra() { rm -f "$scratch/hydra-report" "$scratch/hydra-words"; }

# pass_hydra: copies its input, Hydra's standard output, as it arrives, except Hydra's report of the end of a rank, between two lines of
# equality signs and after an empty line. Stores the exit code in it, which is a signal's number, in $scratch/hydra-report.
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
                    '=   EXIT CODE: '*) [ -e "$scratch/hydra-report" ] || sed 's/[^0-9]//g' <<<"$line" >"$scratch/hydra-report" ;;
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

# sort_hydra_line: handles a line of Hydra's standard error output in `line`. What its processes say is kept: after the end of a rank they
# only say that they have lost each other.
sort_hydra_line() {
    case $line in
        '[mpiexec@'*'] '* | '[proxy:'*'@'*'] '*) printf '%s' "$line" >>"$scratch/hydra-words" ;;
        'Abort('*') on node '*': application called MPI_Abort('*) kinds=$((kinds | said_end)) ;;
        'Abort('*') on node '*': Fatal error in '*'Init'*)
            kinds=$((kinds | said_other | said_start))
            copy "$line"
            ;;
        *) copy "$line" ;;
    esac
}

# judge_hydra: after the end of a start, shows what Hydra has said if no rank has begun, in `said` as close_streams; and sets `status` to
# what it is under Open MPI: 128 + the number of the signal that ended a rank. With ranks on other hosts Hydra's is 255.
judge_hydra() {
    local code='' kinds=$said
    [ ! -s "$scratch/hydra-report" ] || read -r code <"$scratch/hydra-report"
    if [ -n "$code" ]; then
        kinds=$((kinds | said_end))
        if [ "$code" -lt 32 ]; then status=$((128 + code)); else status=$code; fi
    elif [ -s "$scratch/hydra-words" ] && ! has_begun; then
        note_words "$(cat "$scratch/hydra-words")"
        cat "$scratch/hydra-words" >&2
        [ -z "$log_dir" ] || cat "$scratch/hydra-words" >>"$log_dir/mpirun.log"
    elif [ "$status" -ne 255 ]; then
        # Of a rank that ends by itself Hydra says nothing.
        kinds=$((kinds | said_end))
    fi
    said=$kinds
}
