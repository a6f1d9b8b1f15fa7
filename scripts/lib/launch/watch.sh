# Watches for an mpirun that outlives its ranks, and ends what a launch left behind; sourced by scripts/launch.
# shellcheck shell=bash

# How long mpirun may take to notice that no rank is left, in seconds.
linger=${LOCKSTEP_LINGER:-5}
# How long it may take until the first rank runs, in seconds.
start_limit=${LOCKSTEP_START_TIMEOUT:-60}

# rank_script LAUNCH END [TRACES]: the text of ranks-of-launch.sh with its variables.
rank_script() {
    printf 'launch_id=%s\nlaunch_end=%s\nlaunch_traces=%s\n' "$(quoted "$1")" "$2" "$(quoted "${3:-}")"
    cat "$repository/scripts/lib/launch/ranks-of-launch.sh"
}

# count_ranks_in: the number of ranks with lines on standard input; paths of files that Open MPI has made are recorded.
count_ranks_in() {
    local lines
    lines=$(cat)
    note_traces < <(sed -n 's/^trace //p' <<<"$lines")
    grep -o '^[0-9]* ' <<<"$lines" | sort -u | grep -c .
}

# ranks_here: how many ranks of the launch have a process on this machine.
ranks_here() { sh -s <<<"$watch_text" | count_ranks_in; }

# ranks_elsewhere: the same on the other hosts that answer; ssh is asked at all of them at the same time.
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

# find_other_hosts: which hosts of the run are not this machine, and whether this machine is one of them.
find_other_hosts() {
    local host
    other_hosts=() ranks_run_here=yes
    case $host_source in list | default) ;; *) return ;; esac
    ranks_run_here=no
    for host in "${host_names[@]}"; do
        if is_this_machine "$host"; then ranks_run_here=yes; else other_hosts+=("$host"); fi
    done
}

# Runs beside mpirun. mpirun may hang when the network to a host is cut: it waits for a daemon that cannot answer. It is ended
#  - when no rank has begun within $start_limit seconds;
#  - when it is still there $linger seconds after the last rank on all hosts that answer has gone;
#  - for a training run, when all heartbeats have stood still for the time-out and three seconds: the ranks' own watchdogs are stopped,
#    too; or when they have not begun within $start_limit seconds and the time-out: there are no watchdogs before MPI has started;
#  - when a rank has reported that the job hangs, and mpirun is still there after the two seconds that ranks then take to leave, and
#    $linger;
#  - for a training run, whose ranks end together: when ranks have gone, and the others and mpirun stay longer than the time-out,
#    the two seconds that a rank then takes to leave, and $linger.
# A program with a run directory is a training run as soon as there are heartbeats in it.
watch_mpirun() {
    local most=0 count=0 since='' reported='' report pause begin=$SECONDS limit=${rank_timeout:-${LOCKSTEP_TIMEOUT:-600}}
    local beats=$old_beats begun=no still=0 looked=$SECONDS
    limit=${limit%%.*}
    # What is no number the command refuses itself.
    [[ $limit =~ ^[0-9]+$ ]] || limit=0
    watch_text=$(rank_script "$LOCKSTEP_LAUNCH" no)
    find_other_hosts
    while :; do
        # Often at first: ranks may go soon. A look costs some milliseconds; at other hosts it costs an ssh to each.
        if [ "$ranks_run_here" = no ]; then pause=20; elif [ $((SECONDS - begin)) -lt 20 ]; then pause=0.5; else pause=5; fi
        [ -z "$since$reported" ] || pause=1
        sleep "$pause" >/dev/null 2>&1
        kill -0 "$job" 2>/dev/null || return
        if [ "$ranks_run_here" = yes ]; then count=$(ranks_here); else count=$(ranks_elsewhere); fi
        if [ "$count" -gt 0 ] && [ "$most" -eq 0 ]; then need_scratch && touch "$scratch/begun"; fi
        if [ "$most" -eq 0 ] && [ "$count" -eq 0 ] && [ $((SECONDS - begin)) -ge "$start_limit" ] && nobody_elsewhere; then
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
        if [ "$count" -eq 0 ] && [ $((SECONDS - since)) -ge "$linger" ] && nobody_elsewhere; then
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

# Whether the ranks' heartbeats are to be seen here, once there are any.
must_have_begun() { [ "$is_training" = yes ] && case $host_source in here | list | default) [ "$ranks_run_here" = yes ] ;; *) return 1 ;; esac; }

# stand_still: whether the heartbeats have not changed for too long, or did not begin. Time that this script did not get
# itself, as on a machine that is too busy, does not count.
stand_still() {
    local passed=$((SECONDS - looked)) now
    # Many files are not read often where that makes no difference.
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

# report_identity: which report of a fault lies in the run directory; empty for none. That of an earlier job stays the same when it is
# put aside and brought back, as by a run that is refused.
report_identity() {
    [ -z "$run_directory" ] || stat -c '%i %y' -- "$run_directory/heartbeats/fault.json" 2>/dev/null
}

# Whether no other host has ranks. Under Slurm, or with a host file that only mpirun understands, that is not known.
nobody_elsewhere() {
    case $host_source in slurm | environment) return 1 ;; esac
    [ "$ranks_run_here" = no ] || [ "$(ranks_elsewhere)" -eq 0 ]
}

end_mpirun() {
    kill -0 "$job" 2>/dev/null || return
    say "launch: $1, and mpirun is still there: ending it."
    need_scratch
    touch "$scratch/ended"
    # Not asked first: it is in the middle of ending already, and would only complain.
    kill -KILL -- "-$job" 2>/dev/null
}

# end_leftovers: ends ranks that outlived their mpirun, which would disturb the next start, and removes files that
# Open MPI made for them. Other hosts do the same when they are checked.
end_leftovers() {
    local left
    left=$(rank_script "$LOCKSTEP_LAUNCH" yes "$(traces)" | sh -s | sed 's/^/left /')
    tell_leftovers "$(hostname)" <<<"$left"
}

# tell_leftovers HOST: reads the lines `left RANK PROCESS`.
tell_leftovers() {
    local left
    left=$(sed -n 's/^left \([0-9]*\) .*/\1/p' | sort -nu | tr '\n' ' ')
    [ -z "$left" ] || say "launch: ended what was left of rank(s) ${left% } on $1."
}
