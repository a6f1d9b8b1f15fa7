# The table of scripts/soak; sourced by it.
# shellcheck shell=bash disable=SC2154

declare -A kind_counts=()

begin_table() {
    table=$output/table.md
    {
        printf 'Seed %s; %s steps; time-out %s s; faults: %s\n\n' "$seed" "$steps" "$timeout" "${kinds[*]}"
        printf '| run | hosts | faults, at step | restarts | resumed | seconds | result |\n'
        printf '| --- | --- | --- | --- | --- | --- | --- |\n'
    } | tee "$table"
}

# table_line NUMBER HOSTS FAULTS RESTARTS RESUMED SECONDS RESULT
table_line() { printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$@" | tee -a "$table"; }

# The faults of the run that were done.
count_kinds() {
    local index
    for ((index = 0; index < next; index++)); do
        kind_counts[${plan[index]}]=$((${kind_counts[${plan[index]}]:-0} + 1))
    done
}

end_table() {
    local kind total=0
    {
        printf '\n'
        for kind in "${kinds[@]}"; do
            printf '%s: %s\n' "$kind" "${kind_counts[$kind]:-0}"
            total=$((total + ${kind_counts[$kind]:-0}))
        done
        printf '%s of %s runs ended in the bits of the undisturbed run; %s faults; seed %s\n' "$equal" "$done_runs" "$total" "$seed"
    } | tee -a "$table"
}
