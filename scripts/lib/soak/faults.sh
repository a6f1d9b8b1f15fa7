# The faults of scripts/soak: drawing and executing them; sourced by it.
# shellcheck shell=bash disable=SC2154,SC2034

layouts=("2 h1:1,h2:1" "4 h1:2,h2:2" "3 h1:2,h2:1" "3 h1:1,h2:1,h3:1" "4 h1:1,h2:2,h3:1" "3 h1:1,h2:2")

# draw VARIABLE N: a number from 0 to N - 1. Not in a subshell, which would not advance the sequence.
draw() { printf -v "$1" '%s' $(((RANDOM * 32768 + RANDOM) % $2)); }

# draw_plan NUMBER: sets `ranks`, `layout` and the parallel arrays of the faults of a run. Everything depends only on the seed and
# the number.
draw_plan() {
    local index count kind step signals=(KILL SEGV ABRT BUS)
    RANDOM=$(((seed * 7919 + $1 * 104729) % 32768))
    draw index "${#layouts[@]}"
    read -r ranks layout <<<"${layouts[index]}"
    draw count 3
    count=$((count == 0 ? 2 : 1))
    plan=() plan_steps=() plan_victims=() plan_details=()
    for ((index = 0; index < count; index++)); do
        draw kind "${#kinds[@]}"
        plan+=("${kinds[kind]}")
        draw step $((steps * 8 / 10))
        plan_steps+=($((step + 5)))
        draw step 1000
        plan_victims+=("$step")
        draw step 4
        plan_details+=("${signals[step]}")
    done
    # Sort them by step.
    if [ "$count" -eq 2 ] && [ "${plan_steps[0]}" -gt "${plan_steps[1]}" ]; then
        plan_steps=("${plan_steps[1]}" "${plan_steps[0]}")
    fi
    # There must be a checkpoint older than the damaged one: without any, the command refuses to continue.
    for index in "${!plan[@]}"; do
        if [ "${plan[index]}" = damage ] && [ "${plan_steps[index]}" -lt 45 ]; then plan_steps[index]=45; fi
    done
}

# processes_of PROGRAM: the processes of this run with that program, one per line, oldest first.
processes_of() {
    local process
    for process in $(pgrep -f -- " train .*$run_directory( |$)" || true); do
        [[ $(readlink "/proc/$process/exe") != */"$1" ]] || printf '%s\n' "$process"
    done
}

# Daemons do not have the run directory in their arguments: find them by host.
daemons() {
    local process here
    here=$(printf '%s' "$LOCKSTEP_TESTBED" | sha256sum)
    for process in $(pgrep -x orted || true); do
        if [ "$(ip netns identify "$process" 2>/dev/null | cut -d - -f 2)" = "${here:0:8}" ]; then printf '%s\n' "$process"; fi
    done
}

# signal_one SIGNAL VICTIM PROCESS...: sends a signal to one of the processes.
signal_one() {
    local signal=$1 victim=$2
    shift 2
    [ $# -gt 0 ] || return 1
    shift $((victim % $#))
    kill "-$signal" "$1" 2>/dev/null
}

hosts_of_layout() { tr ',' '\n' <<<"$layout" | cut -d : -f 1; }

# do_fault INDEX: executes a fault of the plan; fails if its victim no longer exists.
do_fault() {
    local kind=${plan[$1]} victim=${plan_victims[$1]} processes hosts host
    mapfile -t hosts < <(hosts_of_layout)
    host=${hosts[victim % ${#hosts[@]}]}
    case $kind in
        kill | stop)
            mapfile -t processes < <(processes_of "${binary##*/}")
            local signal=${plan_details[$1]}
            [ "$kind" = kill ] || signal=STOP
            signal_one "$signal" "$victim" "${processes[@]}"
            ;;
        daemon)
            mapfile -t processes < <(daemons)
            signal_one KILL "$victim" "${processes[@]}"
            ;;
        mpirun)
            mapfile -t processes < <(processes_of mpirun; processes_of orterun)
            signal_one KILL "$victim" "${processes[@]}"
            ;;
        crash) "$testbed" kill "$host" ;;
        cut)
            "$testbed" cut "$host"
            # Half of the cuts are mended as soon as the launcher has restarted.
            cut_host=$host mend_after_restart=$([ "${plan_details[$1]}" = KILL ] || [ "${plan_details[$1]}" = BUS ] && echo yes || echo no)
            ;;
        damage)
            "$testbed" kill "${hosts[0]}"
            damage_wanted=yes
            ;;
    esac
}

# Changes a byte in the middle of the newest checkpoint's model.
damage_newest() {
    local file size
    file=$(readlink -f "$run_directory/checkpoints/latest" || true)/model.safetensors
    [ -f "$file" ] || return 0
    size=$(stat -c %s "$file")
    printf '\125' | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none
}
