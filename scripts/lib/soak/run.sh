# One run of scripts/soak, with its faults, and the comparison with the undisturbed run; sourced by it.
# shellcheck shell=bash disable=SC2154,SC2034

# training_arguments DIRECTORY: sets `arguments`, which follow the launcher's options.
training_arguments() {
    arguments=(train "$repository/Examples/synthetic-mlp.yaml" --run-dir "$1" --set "model.mlp.hidden=[${hidden//,/, }]" --set batch=120
        --set shards=4 --set threads=1 --set epochs=1000 --set "max_steps=$steps" --set log_every_steps=1
        --set "evaluate={every_epochs: 5}" --set "checkpoint={every_steps: 20, keep: 3}" --set "clip={norm: 1.0}")
}

train_undisturbed() {
    local arguments
    training_arguments "$output/undisturbed"
    rm -rf "$output/undisturbed"
    "$binary" "${arguments[@]}" >"$output/undisturbed.log" 2>&1 </dev/null || die 1 "the run without faults failed;" \
        "see $output/undisturbed.log"
    digits "$output/undisturbed" >"$output/undisturbed.digits"
}

# digits DIRECTORY: step, loss and gradient norm of all logged steps, as they were written.
digits() { sed -n 's/^{"step": \([0-9]*\),.*"loss": \([^,}]*\).*"gradient_norm": \([^,}]*\).*/\1 \2 \3/p' "$1/metrics.jsonl"; }

# difference DIRECTORY: prints the differences from the undisturbed run.
difference() {
    local file
    for file in model optimizer; do
        cmp -s "$output/undisturbed/checkpoints/latest/$file.safetensors" "$1/checkpoints/latest/$file.safetensors" || printf '%s ' "$file"
    done
    cmp -s "$output/undisturbed.digits" <(digits "$1") || printf 'metrics '
}

last_step() {
    local line
    line=$(tail -n 1 "$run_directory/metrics.jsonl" 2>/dev/null || true)
    line=${line#*\"step\": }
    line=${line%%,*}
    [[ $line =~ ^[0-9]+$ ]] && printf '%s' "$line" || printf '0'
}

restarts_so_far() { grep -c '^launch: restart ' "$log" || true; }

# start_training [--resume]
start_training() {
    local arguments
    training_arguments "$run_directory"
    LOCKSTEP_LINGER=2 LOCKSTEP_CONNECT_TIMEOUT=3 LOCKSTEP_START_TIMEOUT=100 "$testbed" run \
        "$repository/scripts/launch" -n "$ranks" -H "$layout" --max-restarts 5 --min-ranks 1 --timeout "$timeout" \
        "${arguments[@]}" "$@" >>"$log" 2>&1 </dev/null &
    job=$!
}

running() { kill -0 "$job" 2>/dev/null; }

# do_faults: executes the faults of the plan at their steps, mends cuts, and measures the times, until training ends. A run may
# last 10 minutes, for busy machines.
do_faults() {
    local before=0
    while running && [ "$SECONDS" -lt "$limit" ]; do
        look_at_clock
        if [ -n "$cut_host" ] && [ "$mend_after_restart" = yes ] && [ "$(restarts_so_far)" -gt "$before" ]; then
            "$testbed" mend "$cut_host"
            cut_host=''
        fi
        if [ -z "$cut_host" ] && [ "$next" -lt ${#plan[@]} ] && [ "$(last_step)" -ge "${plan_steps[next]}" ]; then
            before=$(restarts_so_far)
            start_clock
            if do_fault "$next"; then
                hit+="${hit:+, }${plan[next]} at $(last_step)"
                clock_kind=${plan[next]}
                next=$((next + 1))
                # The next fault waits for the restart after this one.
                fresh=$((SECONDS + 2))
                while running && [ "$SECONDS" -lt "$fresh" ]; do
                    look_at_clock
                    sleep 0.05
                done
            fi
        fi
        sleep 0.02
    done
}

# soak_run NUMBER: one run, with its line of the table.
soak_run() {
    local run_directory=$output/run-$1 log=$output/run-$1.log begin=$SECONDS limit=$((SECONDS + 600)) status=0 resumed=0
    local ranks layout plan plan_steps plan_victims plan_details
    local next=0 hit='' cut_host='' mend_after_restart=no damage_wanted=no job fresh result
    local clock_kind='' clock_begin clock_offset clock_ranks gone told times=''
    draw_plan "$1"
    rm -rf "$run_directory"
    : >"$log"
    start_training
    while :; do
        do_faults
        if running; then
            kill -KILL "$job"
            result="no end within 10 minutes"
            break
        fi
        wait "$job" && status=0 || status=$?
        if ! stop_clock; then
            result="ranks did not end"
            break
        fi
        # Only a killed launcher is restarted manually.
        if [ "$status" -eq 137 ] && [ "$resumed" -lt 3 ]; then
            resumed=$((resumed + 1))
            clean_hosts
            if [ "$damage_wanted" = yes ]; then damage_newest; fi
            damage_wanted=no
            printf 'soak: resuming by hand\n' >>"$log"
            if [ -e "$run_directory/config.yaml" ]; then start_training --resume; else start_training; fi
            continue
        fi
        result="status $status"
        [ "$status" -ne 0 ] || result=$(difference "$run_directory")
        break
    done
    clean_hosts
    [ -n "$result" ] || rm -rf "$run_directory"
    table_line "$1" "$layout" "${hit:-none}" "$(restarts_so_far)" "$resumed" "${times:--}" $((SECONDS - begin)) "${result:-same bits}"
}

# Mends all cuts, and ends the remaining processes on the hosts, as an administrator would.
clean_hosts() {
    local host
    for host in h1 h2 h3; do
        "$testbed" mend "$host"
        "$testbed" kill "$host"
    done
    cut_host=''
}
