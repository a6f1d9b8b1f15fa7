# How long it takes from a fault to the end of the last rank, and to the report; sourced by scripts/soak.
# shellcheck shell=bash disable=SC2154,SC2034

# start_clock: call it right before a fault; do_faults then sets the kind.
start_clock() {
    # The previous fault has no report, or its ranks have not ended: this fault hides that.
    [ -z "$clock_kind" ] || note_times
    mapfile -t clock_ranks < <(processes_of "${binary##*/}")
    clock_offset=$(($(stat -c %s "$log") + 1))
    gone='' told=''
    clock_begin=$EPOCHREALTIME
}

# The seconds since start_clock.
clock_time() {
    local microseconds=$((${EPOCHREALTIME/[.,]/} - ${clock_begin/[.,]/}))
    printf '%d.%02d' $((microseconds / 1000000)) $((microseconds % 1000000 / 10000))
}

# Whether all ranks from before the fault have ended; zombies count as ended.
ranks_are_gone() {
    local process line
    for process in "${clock_ranks[@]}"; do
        { read -r line <"/proc/$process/stat"; } 2>/dev/null || continue
        [[ $line == *') Z '* ]] || return 1
    done
}

# look_at_clock: records the times of new events.
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

# stop_clock: call it after the end of the launcher. If the launcher was killed, there is no report, and ranks on other hosts must end by
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
