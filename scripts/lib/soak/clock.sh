# How long it takes from a fault to the end of the last rank, and to the report; sourced by scripts/soak.
# shellcheck shell=bash disable=SC2154,SC2034

# start_clock: right before a fault; do_faults names its kind when it was done.
start_clock() {
    # The one before has no report, or its ranks are not gone: this fault hides that.
    [ -z "$clock_kind" ] || note_times
    mapfile -t clock_ranks < <(processes_of "${binary##*/}")
    clock_offset=$(($(stat -c %s "$log") + 1))
    gone='' told=''
    clock_begin=$EPOCHREALTIME
}

# The seconds since then.
clock_time() {
    local microseconds=$((${EPOCHREALTIME/[.,]/} - ${clock_begin/[.,]/}))
    printf '%d.%02d' $((microseconds / 1000000)) $((microseconds % 1000000 / 10000))
}

# Whether no rank of the time of the fault is left; a zombie is none.
ranks_are_gone() {
    local process line
    for process in "${clock_ranks[@]}"; do
        { read -r line <"/proc/$process/stat"; } 2>/dev/null || continue
        [[ $line == *') Z '* ]] || return 1
    done
}

# look_at_clock: notes the times that have come.
look_at_clock() {
    [ -n "$clock_kind" ] || return 0
    if [ -z "$gone" ] && ranks_are_gone; then gone=$(clock_time); fi
    if [ -z "$told" ] && grep -q 'last heartbeat' <(tail -c "+$clock_offset" "$log"); then told=$(clock_time); fi
    [ -z "$gone" ] || [ -z "$told" ] || note_times
}

note_times() {
    times+="${times:+, }${gone:--} ${told:--}"
    clock_kind=''
}

# stop_clock: after the end of the launcher. When it was itself ended nobody tells anything, and ranks on other hosts have to end by
# themselves: within the time-out and 5 seconds, or four times that on a busy machine.
stop_clock() {
    local last=$((SECONDS + 4 * (timeout + 5)))
    [ -n "$clock_kind" ] || return 0
    look_at_clock
    while [ -n "$clock_kind" ] && [ -z "$gone" ] && [ "$SECONDS" -lt "$last" ]; do
        sleep 0.05
        look_at_clock
    done
    [ -n "$clock_kind" ] || return 0
    note_times
    [ "$SECONDS" -lt "$last" ]
}
