# Ends an mpirun that outlives its ranks, and whatever a launch left behind; sourced by scripts/launch.
# shellcheck shell=bash

# The time within which mpirun must notice that no rank is left, in seconds.
linger=${LOCKSTEP_LINGER:-5}
# The time within which the first rank must start, in seconds.
start_limit=${LOCKSTEP_START_TIMEOUT:-60}

# rank_script LAUNCH END [TRACES]: prints ranks-of-launch.sh with its variables.
rank_script() {
    local variable=OMPI_COMM_WORLD_RANK
    [ "$mpi_kind" = openmpi ] || variable=PMI_RANK
    printf 'launch_id=%s\nlaunch_variable=%s\nlaunch_end=%s\nlaunch_traces=%s\n' "$(quoted "$1")" "$variable" "$2" "$(quoted "${3:-}")"
    cat "$repository/scripts/lib/launch/ranks-of-launch.sh"
}

# count_ranks_in: the number of ranks with lines on standard input; records paths of files created by Open
# MPI.
count_ranks_in() {
    local lines
    lines=$(cat)
    note_traces < <(sed -n 's/^trace //p' <<<"$lines")
    grep -o '^[0-9]* ' <<<"$lines" | sort -u | grep -c .
}

# ranks_here: the number of ranks of the launch with a process on this machine.
ranks_here() { sh -s <<<"$watch_text" | count_ranks_in; }

# ranks_elsewhere: the same on the other hosts that answer, by ssh in parallel.
ranks_elsewhere() {
    local host waiting=()
    need_scratch
    rm -f "$scratch"/there-*
    for host in "${other_hosts[@]}"; do
        timeout $((connect_timeout + 5)) "${ssh_words[@]}" "$host" sh -s <<<"$watch_text" >"$scratch/there-$host" 2>/dev/null &
        waiting+=($!)
    done
    [ ${#waiting[@]} -eq 0 ] || wait "${waiting[@]}"
    cat "$scratch"/there-* 2>/dev/null | count_ranks_in
}

# find_other_hosts: finds the other hosts of the run, and whether this machine is one of its hosts.
find_other_hosts() {
    local host
    other_hosts=() ranks_run_here=yes
    case $host_source in list | default) ;; *) return ;; esac
    ranks_run_here=no
    for host in "${host_names[@]}"; do
        if is_this_machine "$host"; then ranks_run_here=yes; else other_hosts+=("$host"); fi
    done
}

# Runs in parallel to mpirun. mpirun may hang when the network to a host is cut, waiting for a daemon that
# cannot answer. It is ended
#  - when no rank has started within $start_limit seconds;
#  - when it still runs $linger seconds after the last rank has ended on all hosts that answer;
#  - for a training run, when all heartbeats have been unchanged for the time-out and three seconds, so that
#    the ranks' watchdogs must be stopped, too; or when there are none within $start_limit seconds and the
#    time-out, since watchdogs start after MPI;
#  - when a rank has reported that the job hangs, and mpirun still runs after the two seconds that ranks then
#    take to exit, and $linger;
#  - for a training run, whose ranks end together: when some ranks have ended, and the others and mpirun stay
#    longer than the time-out, the two seconds that a rank then takes to exit, and $linger.
# A program with a run directory counts as a training run once there are heartbeats in it.
watch_mpirun() {
    local most=0 count=0 since='' reported='' report pause begin=$SECONDS limit=${rank_timeout:-${LOCKSTEP_TIMEOUT:-600}}
    local beats=$old_beats begun=no still=0 looked=$SECONDS
    limit=${limit%%.*}
    # The command itself rejects invalid numbers.
    [[ $limit =~ ^[0-9]+$ ]] || limit=0
    watch_text=$(rank_script "$LOCKSTEP_LAUNCH" no)
    find_other_hosts
    while :; do
        # Poll often at first, since ranks may end soon. A poll costs some milliseconds; on other hosts it
        # costs an ssh to each.
        if [ "$ranks_run_here" = no ]; then pause=20; elif [ $((SECONDS - begin)) -lt 20 ]; then pause=0.5; else pause=5; fi
        [ -z "$since$reported" ] || pause=1
        sleep "$pause" >/dev/null 2>&1
        kill -0 "$job" 2>/dev/null || return
        if [ "$ranks_run_here" = yes ]; then count=$(ranks_here); else count=$(ranks_elsewhere); fi
        if [ "$count" -gt 0 ] && [ "$most" -eq 0 ]; then need_scratch && touch "$scratch/begun"; fi
        if [ "$most" -eq 0 ] && [ "$count" -eq 0 ] && [ $((SECONDS - begin)) -ge "$start_limit" ] && no_ranks_elsewhere; then
            end_mpirun "no rank has begun within $start_limit seconds"
            return
        fi
        if [ -z "$reported" ]; then
            report=$(report_identity)
            if [ -n "$report" ] && [ "$report" != "$old_report" ]; then reported=$SECONDS; fi
        elif [ $((SECONDS - reported)) -ge $((2 + linger)) ]; then
            end_mpirun "the ranks have reported a fault"
            return
        fi
        if [ "$is_training" != no ] && [ "${limit:-0}" -gt 0 ] && [ -z "$reported" ] && stand_still; then
            end_mpirun "no rank has made progress for $still seconds"
            return
        fi
        if [ "$count" -ge "$most" ]; then
            most=$count since=''
            continue
        fi
        since=${since:-$SECONDS}
        if [ "$count" -eq 0 ] && [ $((SECONDS - since)) -ge "$linger" ] && no_ranks_elsewhere; then
            end_mpirun "all ranks are gone"
            return
        fi
        if [ "$is_training" = yes ] && [ "${limit:-0}" -gt 0 ] && [ $((SECONDS - since)) -ge $((limit + 2 + linger)) ]; then
            end_mpirun "$((most - count)) of the $most rank(s) that it had here are gone, and the others have not ended within the time-out"
            return
        fi
    done
}

# heartbeats: a checksum of all heartbeats of the run.
heartbeats() { [ "$is_training" = no ] || cat "$run_directory"/heartbeats/rank-* 2>/dev/null | cksum; }

# Whether the ranks' heartbeats must be visible here, once there are any.
must_have_begun() {
    [ "$is_training" = yes ] && case $host_source in
        here | list | default) [ "$ranks_run_here" = yes ] ;;
        *) return 1 ;;
    esac
}

# stand_still: whether the heartbeats have not changed for too long, or have not started. Time in which this
# script was not scheduled, as on an overloaded machine, does not count.
stand_still() {
    local passed=$((SECONDS - looked)) now
    # Read many files less often.
    [ "$passed" -ge $((limit / 20)) ] || return 1
    looked=$SECONDS
    now=$(heartbeats)
    if [ "$now" != "$beats" ]; then
        beats=$now begun=yes still=0 is_training=yes
        return 1
    fi
    local longest=$((limit / 20 + ${pause%.*} + 1))
    [ "$passed" -le "$longest" ] || passed=$longest
    still=$((still + passed))
    if [ "$begun" = yes ]; then [ "$still" -ge $((limit + 3)) ]; else must_have_begun && [ "$still" -ge $((limit + start_limit)) ]; fi
}

# report_identity: identifies the fault report in the run directory; empty for none. The identity of an
# earlier job's report survives being moved aside and restored, as by a refused run.
report_identity() {
    [ -z "$run_directory" ] || stat -c '%i %y' -- "$run_directory/heartbeats/fault.json" 2>/dev/null
}

# Whether no other host has ranks. Unknown under Slurm, or with a host file that only mpirun understands.
no_ranks_elsewhere() {
    case $host_source in slurm | environment) return 1 ;; esac
    [ "$ranks_run_here" = no ] || [ "$(ranks_elsewhere)" -eq 0 ]
}

end_mpirun() {
    kill -0 "$job" 2>/dev/null || return
    say "launch: $1, and mpirun is still there: ending it."
    need_scratch
    touch "$scratch/ended"
    # Kill without asking first: mpirun is already ending, and would only complain.
    kill -KILL -- "-$job" 2>/dev/null
}

# end_leftovers: ends ranks that outlived their mpirun, which would disturb the next start, and removes their
# Open MPI files. The check of the other hosts does the same there.
end_leftovers() {
    local left
    left=$(rank_script "$LOCKSTEP_LAUNCH" yes "$(traces)" | sh -s | sed 's/^/left /')
    report_leftovers "$(hostname)" <<<"$left"
}

# report_leftovers HOST: reads the lines `left RANK PROCESS`.
report_leftovers() {
    local left
    left=$(sed -n 's/^left \([0-9]*\) .*/\1/p' | sort -nu | tr '\n' ' ')
    [ -z "$left" ] || say "launch: ended what was left of rank(s) ${left% } on $1."
}
