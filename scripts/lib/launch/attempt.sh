# One start of mpirun, from beginning to end, with the signals in between; sourced by scripts/launch.
# shellcheck shell=bash

job='' asked=no asked_by='' hurried=no stopper='' retries=yes

# mpirun ends its ranks on TERM; an mpirun that does not is killed with them.
end_hard() {
    kill -TERM "$job" 2>/dev/null
    for _ in 1 2 3 4 5 6; do
        sleep 0.5
        kill -0 "$job" 2>/dev/null || return
    done
    kill -KILL -- "-$job" 2>/dev/null
}

# A second signal can arrive while the first is handled, and is handled in between.
# shellcheck disable=SC2317 # called by the trap
ask_to_stop() {
    # Ctrl-C is echoed behind the progress bar.
    if [ "$columns" -gt 0 ] && [ -t 2 ]; then printf '\r\033[K' >&2; fi
    if [ -z "$job" ]; then
        [ "$asked" = no ] || return
        asked=yes
        say "launch: stopping: no rank is running."
        return
    fi
    if [ "$asked" = yes ]; then
        [ "$hurried" = no ] || return
        hurried=yes
        end_helper "$stopper"
        stopper=''
        say "launch: second signal: ending the ranks at once."
        end_hard
        return
    fi
    asked=yes
    say "launch: asking the ranks to write a checkpoint and stop (a second signal ends them at once)."
    kill -USR1 "$job" 2>/dev/null
    [ "$hurried" = no ] || return
    start_helper end_late
    stopper=$helper
}

# A closing terminal sends HUP twice, from its shell and from the kernel: it never counts as a second signal.
# shellcheck disable=SC2317 # called by the trap
ask_to_stop_once() { [ "$asked" = yes ] || ask_to_stop; }

end_late() {
    sleep "$grace"
    kill -0 "$job" 2>/dev/null || return
    say "launch: the ranks did not stop within $grace seconds: ending them at once."
    end_hard
}

# start_helper FUNCTION: runs a function in the background, with its process in `helper`. It has a separate
# process group, so that signals from a terminal reach neither it nor its children, and ignores PIPE.
start_helper() {
    set -m
    (
        trap '' PIPE
        "$1"
    ) </dev/null >/dev/null &
    helper=$!
    set +m
}

# end_helper PROCESS: ends it and its children.
end_helper() {
    [ -n "$1" ] || return 0
    kill -KILL -- "-$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# run_attempt: runs the array `line`; stores its exit status in `status`.
run_attempt() {
    local watcher said
    export LOCKSTEP_LAUNCH
    need_scratch
    rm -f "$scratch/ended" "$scratch/begun"
    old_report=$(report_identity)
    old_beats=$(heartbeats)
    [ -z "$log_dir" ] || begin_logs
    [ "$mpi_kind" = openmpi ] || forget_hydra
    open_streams
    # mpirun gets a separate process group, so that a terminal's Ctrl-C reaches only this script.
    set -m
    "${line[@]}" <&0 >"$scratch/output" 2>"$scratch/errors" &
    job=$!
    set +m
    note_session "$job"
    # A signal may have arrived before mpirun started.
    if [ "$asked" = yes ]; then
        asked=no
        ask_to_stop
    fi
    start_helper watch_mpirun
    watcher=$helper
    # wait returns early on a trapped signal: wait again until mpirun has ended.
    while :; do
        # Suppress bash's message about the signal that ended mpirun.
        wait "$job" 2>/dev/null
        status=$?
        kill -0 "$job" 2>/dev/null || break
    done
    # mpirun may have ended while a signal was handled: its status is available once more.
    if [ "$asked" = yes ] && [ "$hurried" = no ]; then
        wait "$job" 2>/dev/null
        local late=$?
        [ "$late" -eq 127 ] || status=$late
    fi
    job=''
    end_helper "$watcher"
    end_helper "$stopper"
    stopper=''
    close_streams
    [ "$mpi_kind" = openmpi ] || judge_hydra
    if [ -e "$scratch/ended" ]; then
        status=75
    elif [ "$status" -eq 138 ] && [ "$asked" = yes ]; then
        # Ranks without a step to save end by the USR1 that they receive: report the status of the original
        # signal.
        status=$((128 + $(kill -l "$asked_by")))
    elif [ "$status" -ne 0 ]; then
        judge_status
    fi
}

# judge_status: interprets a non-zero status of mpirun by its messages. If it failed before any rank started,
# another start would fail in the same way: then sets `retries` to `no`.
judge_status() {
    local reported=$((said & (said_other | said_lost))) end_reported=$((said & said_end)) crashed=no own=no
    if [ "$status" -gt 128 ] && [ "$status" -lt 160 ]; then crashed=yes; fi
    if [ "$asked" = no ] && { [ $((said & said_start)) -ne 0 ] || { [ "$end_reported" -eq 0 ] && ! has_begun; }; }; then
        if [ "$reported" -ne 0 ] || [ "$crashed" = yes ]; then
            local where='; see its message above'
            if [ "$reported" -eq 0 ]; then
                where=''
            elif [ "$reported" -eq "$said_lost" ]; then
                where='; its message got lost within Open MPI (the errors of show_help.c above): start it again to see it'
            fi
            say "launch: mpirun ended with $(outcome "$status") before any rank could begin$where."
            if [ "$restarts" -eq 0 ]; then retries=no; fi
            if [ "$restarts" -eq 0 ] && [ "$reported" -ne 0 ] && [ $((said & said_system)) -eq 0 ]; then status=2; else status=75; fi
            return
        fi
        say "launch: mpirun ended with status $status, and no rank was seen to begin."
    fi
    [ "$is_lockstep" = yes ] || [ "$is_training" = yes ] || return 0
    # Ranks of lockstep end with one of its statuses, or by a signal. Any other status is mpirun's, as when it
    # loses a host; so is status 1 after an error message that does not blame a rank.
    case $status in
        1) if [ "$reported" -ne 0 ] && [ "$end_reported" -eq 0 ]; then own=yes; fi ;;
        2 | 64 | 75) ;;
        *) if [ "$crashed" = no ]; then own=yes; fi ;;
    esac
    [ "$own" = yes ] || return 0
    say "launch: mpirun itself ended with status $status: a fault of the job, status 75."
    status=75
}

# has_begun: whether a rank has been seen, through its process or its heartbeat.
has_begun() {
    [ -e "$scratch/begun" ] || { [ "$is_training" = yes ] && [ "$(heartbeats)" != "$old_beats" ]; }
}

# outcome STATUS: as text.
outcome() {
    if [ "$1" -gt 128 ] && kill -l "$(($1 - 128))" >/dev/null 2>&1; then
        printf 'status %s (signal %s)' "$1" "$(kill -l "$(($1 - 128))")"
    else
        printf 'status %s' "$1"
    fi
}

# find_report: sets `report_command`, the command that reads the run's heartbeats; empty for none. Ranks on
# other hosts then leave printing their fault report to this script, since their output may be lost with their
# network.
find_report() {
    unset LOCKSTEP_REPORT_HOST
    report_command=$binary
    [ "$is_lockstep" = yes ] || report_command=${LOCKSTEP_BINARY:-$(release_binary)}
    if [ -z "$run_directory" ] || [ ! -x "$report_command" ] || ! can_report; then
        report_command=''
        return
    fi
    case $host_source in
        list | default)
            LOCKSTEP_REPORT_HOST=$(hostname)
            export LOCKSTEP_REPORT_HOST
            ;;
    esac
}

# can_report: whether `report_command` has the subcommand.
can_report() {
    local help=$help_text
    if [ "$report_command" != "$binary" ] || [ -z "$help" ]; then help=$("$report_command" --help 2>/dev/null); fi
    [[ $'\n'$help == *$'\n  report '* ]]
}

# Shows the report from the ranks' heartbeats after a failure. They are in the run directory of each rank's
# host: if hosts do not share it, some are missing here, and the other hosts are asked.
show_report() {
    local found
    [ -n "$report_command" ] || return 0
    if [ -d "$run_directory/heartbeats" ]; then "$report_command" report --untold "$run_directory" >&2; fi
    found=$(find "$run_directory/heartbeats" -maxdepth 1 -name 'rank-*' 2>/dev/null | grep -c .)
    [ "$found" -ge "$ranks" ] || reports_of_other_hosts "$(absolute "$report_command")" "$(absolute "$run_directory")"
}

# reports_of_other_hosts COMMAND DIRECTORY
reports_of_other_hosts() {
    local host waiting=()
    need_scratch
    find_other_hosts
    for host in "${other_hosts[@]}"; do
        on_host "$host" <<<"[ ! -d $(quoted "$2/heartbeats") ] || $(quoted "$1") report --untold $(quoted "$2")" \
            >"$scratch/report-$host" 2>/dev/null &
        waiting+=($!)
    done
    [ ${#waiting[@]} -eq 0 ] || wait "${waiting[@]}"
    for host in "${other_hosts[@]}"; do
        [ ! -s "$scratch/report-$host" ] || sed "s/^/$host: /" "$scratch/report-$host" >&2
    done
}
