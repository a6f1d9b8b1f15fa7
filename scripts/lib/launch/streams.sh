# The processes between mpirun and the reader of its output; sourced by scripts/launch.
# shellcheck shell=bash

# mpirun crashes when its reader closes the pipe, and its ranks with it. So two processes read its streams to
# the end, even if their output cannot be written. They also distinguish mpirun's messages from those of the
# ranks, and return the kinds of messages as their exit status, the sum of
said_end=1    # how a rank ended, which the rank and its exit status tell better: not shown
said_other=2  # something else, such as why it cannot start ranks: shown
said_system=4 # an error of the system among that, not of what the user gave
said_start=8  # that MPI could not be started in a rank: shown
said_lost=16  # that a message got lost on its way through Open MPI: shown

# open_streams: starts the readers of the named pipes $scratch/output and $scratch/errors.
open_streams() {
    need_scratch
    rm -f "$scratch/output" "$scratch/errors"
    mkfifo "$scratch/output" "$scratch/errors" || die 75 "no named pipe can be made in $scratch."
    stream_readers=()
    # Separate process groups: signals from a terminal do not reach them, and a group can be ended as a whole.
    set -m
    (
        trap '' HUP INT TERM USR1 PIPE
        if [ "$mpi_kind" = mpich ]; then
            if [ -n "$log_dir" ]; then pass_hydra <"$scratch/output" | split_ranks; else pass_hydra <"$scratch/output"; fi
        elif [ -n "$log_dir" ]; then
            split_ranks <"$scratch/output"
        else
            pass_on <"$scratch/output"
        fi
    ) &
    stream_readers+=($!)
    (
        trap '' HUP INT TERM USR1 PIPE
        if [ -n "$log_dir" ]; then
            sort_errors <"$scratch/errors" | split_ranks >&2
            exit "${PIPESTATUS[0]}"
        fi
        sort_errors <"$scratch/errors" >&2
    ) &
    stream_readers+=($!)
    set +m
}

# close_streams: waits for the readers, which end with mpirun; one that does not (a process of a rank still
# has the stream open) is ended. Stores the kinds of mpirun's messages in `said`.
close_streams() {
    local reader
    for _ in {1..50}; do
        kill -0 "${stream_readers[@]}" 2>/dev/null || break
        sleep 0.1
    done
    for reader in "${stream_readers[@]}"; do kill -KILL -- "-$reader" 2>/dev/null; done
    wait "${stream_readers[0]}" 2>/dev/null
    wait "${stream_readers[1]}" 2>/dev/null
    said=$?
    # A killed reader has returned nothing.
    [ "$said" -lt 32 ] || said=0
}

# pass_on: copies its input as it arrives, and continues to read if that fails.
pass_on() {
    {
        cat
        cat >/dev/null
    } 2>/dev/null
}

# sort_errors: copies mpirun's standard error output except its messages about the end of ranks. Its messages
# are enclosed in two lines of dashes and written in one piece; a line of dashes without another one soon
# after it belongs to a rank. A message follows a line that a rank has not ended on that line.
sort_errors() {
    local line part dashes held='' begun=no status kinds=0 LC_ALL=C
    printf -v dashes '%74s' ''
    dashes=${dashes// /-}
    while :; do
        line=''
        # A time-out may come amid a line of dashes.
        while :; do
            IFS= read -r -t 0.5 part
            status=$?
            line+=$part
            [ "$status" -gt 128 ] && [[ $part == *- ]] && [ ${#line} -lt 4096 ] || break
        done
        if [ "$status" -eq 0 ]; then line+=$'\n'; fi
        if [ -n "$held" ]; then
            held+=$line
            if [ "$line" = "$dashes"$'\n' ]; then
                sort_message
            elif [ "$status" -ne 0 ] || [ ${#held} -gt 65536 ]; then
                copy "$held"
                held=''
            fi
        elif [ "$line" = "$dashes"$'\n' ]; then
            held=$line
        elif [[ $line == *[!-]"$dashes"$'\n' ]]; then
            copy "${line%"$dashes"$'\n'}"
            held=$dashes$'\n'
        elif [ "$begun" = yes ]; then
            # The rest of a line whose beginning has been copied.
            copy "$line"
        elif [ -n "$line" ]; then
            sort_line
        fi
        # Above 128: a time-out; copy the part of a line that has arrived.
        [ "$status" -eq 0 ] || [ "$status" -gt 128 ] || break
        if [ "$status" -gt 128 ]; then [ -z "$line" ] || begun=yes; else begun=no; fi
    done
    return "$kinds"
}

copy() { printf '%s' "$1" 2>/dev/null; }

# sort_message: handles a complete message of mpirun in `held`.
sort_message() {
    case $held in
        *'Primary job '*' terminated normally, but '* | *' detected that one or more processes exited with non-zero status'* | \
            *' noticed that process rank '* | *' has exited due to process rank '* | *'MPI_ABORT was invoked on rank '*)
            kinds=$((kinds | said_end))
            ;;
        *)
            note_words "$held"
            copy "$held"
            ;;
    esac
    held=''
}

# sort_line: handles a line outside of messages in `line`.
sort_line() {
    if [ "$mpi_kind" = mpich ]; then
        sort_hydra_line
        return
    fi
    case $line in
        mpirun:*'Forwarding signal'* | prterun:*'Forwarding signal'* | mpirun:*'killing job'* | prterun:*'killing job'* | \
            '['*'more process'*'sent help message'*' / mpi-abort'* | '['*'to see all help / error messages'*)
            return
            ;;
        # Open MPI 4.1 may fail to compose its messages, and then shows none of them.
        '['*'_ERROR_LOG: '*show_help.c*) kinds=$((kinds | said_lost)) ;;
        mpirun:* | prterun:* | '['*'] '*'_ERROR_LOG: '* | '['*'] '*' ERROR: '* | '['*'Unable to start listen thread'*) note_words "$line" ;;
        # From libevent in mpirun.
        '[err] ev'* | '[warn] ev'*) note_words "$line" ;;
        *'*** An error occurred in MPI_Init'*) kinds=$((kinds | said_other | said_start)) ;;
    esac
    copy "$line"
}

# note_words TEXT: records the kind of a message of mpirun.
note_words() {
    kinds=$((kinds | said_other))
    case $1 in
        *'No space left'* | *'annot allocate memory'* | *'ut of resource'* | *'emporarily unavailable'* | *'oo many open files'* | \
            *'progress_thread'* | *'listen thread'* | *'ystem limit'* | *'lost communication'* | \
            *'lost connection'* | *'imed out'* | *'timeout'* | *'daemon'*'died'* | *'nput/output error'*)
            kinds=$((kinds | said_system))
            ;;
    esac
}
