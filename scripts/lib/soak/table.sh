# The table of scripts/soak; sourced by it.
# shellcheck shell=bash disable=SC2154

begin_table() {
    table=$output/table.md
    {
        printf 'Seed %s; %s steps; hidden layers of %s; links %s; time-out %s s; faults: %s\n\n' "$seed" "$steps" "$hidden" \
            "${rate:-not limited}" "$timeout" "${kinds[*]}"
        printf '| run | hosts | faults, at step | restarts | resumed | ranks gone, told after | seconds | result |\n'
        printf '| --- | --- | --- | --- | --- | --- | --- | --- |\n'
    } | tee "$table"
}

# table_line NUMBER HOSTS FAULTS RESTARTS RESUMED TIMES SECONDS RESULT
table_line() { printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$@" | tee -a "$table"; }

# times_of KIND COLUMN: the times of all faults of a kind: until the ranks had ended (1), or until the report (2).
times_of() {
    awk -F ' *[|] *' -v kind="$1" -v column="$2" '$2 ~ /^[0-9]+$/ {
        faults = split($4, fault, ", "); split($7, times, ", ")
        for (i = 1; i <= faults; i++) if (fault[i] ~ "^" kind " at ") { split(times[i], time, " "); print time[column] }
    }' "$table"
}

# middle_and_most: the median and the maximum of the times on standard input, of which some may be missing.
middle_and_most() {
    grep -v '^-*$' | sort -n | awk '{ time[NR] = $1 } END {
        if (NR) printf "%.1f s (median of %d; at most %.1f)", (time[int((NR + 1) / 2)] + time[int(NR / 2) + 1]) / 2, NR, time[NR]
        else printf "-" }'
}

end_table() {
    local kind total=0 count lines
    lines=$(grep -c '^| [0-9]' "$table" || true)
    {
        printf '\n'
        for kind in "${kinds[@]}"; do
            count=$(times_of "$kind" 1 | grep -c '' || true)
            printf '%s: %s; ranks gone after %s, told after %s\n' "$kind" "$count" \
                "$(times_of "$kind" 1 | middle_and_most)" "$(times_of "$kind" 2 | middle_and_most)"
            total=$((total + count))
        done
        printf '%s of %s runs ended in the bits of the undisturbed run; %s faults; seed %s\n' \
            "$(grep -c '| same bits |$' "$table" || true)" "$lines" "$total" "$seed"
    } >"$table.end"
    tee -a "$table" <"$table.end"
    rm "$table.end"
}

# Whether there were runs, and all ended with the same bits.
all_are_equal() { grep -q '^| [0-9]' "$table" && ! grep '^| [0-9]' "$table" | grep -qv '| same bits |$'; }
