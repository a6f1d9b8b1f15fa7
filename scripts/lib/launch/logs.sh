# One log file for each rank (--log-dir); sourced by scripts/launch.
# shellcheck shell=bash

# split_ranks: copies mpirun's tagged output, [JOB,RANK]<stdout>:TEXT, to standard output and to the files of
# its ranks. A tag can also occur within a line, if a rank wrote a piece without a newline: pieces are joined
# again.
split_ranks() {
    local line piece rank tag='\[[^][]*,([0-9]+)\]<std[a-z]+>:' blank='' i
    local -a pieces ranks_of_pieces
    local -A pending=()
    # Open MPI 5 puts a blank behind the tag.
    if [ "$mpi_kind" = openmpi ] && [ "$mpi_major" -ge 5 ]; then blank=' '; fi
    while IFS= read -r line || [ -n "$line" ]; do
        [ "$tag_terminal" = no ] || printf '%s\n' "$line"
        pieces=() ranks_of_pieces=()
        while [[ $line =~ ^(.*)$tag(.*)$ ]]; do
            line=${BASH_REMATCH[1]}
            ranks_of_pieces=("${BASH_REMATCH[2]}" "${ranks_of_pieces[@]}")
            pieces=("${BASH_REMATCH[3]#"$blank"}" "${pieces[@]}")
        done
        # Text without a tag is mpirun's.
        if [ -n "$line" ] || [ ${#pieces[@]} -eq 0 ]; then
            write_line "$log_dir/mpirun.log" "$line"
        fi
        for ((i = 0; i < ${#pieces[@]}; i++)); do
            rank=${ranks_of_pieces[i]}
            piece=${pending[$rank]:-}${pieces[i]}
            if [ $((i + 1)) -lt ${#pieces[@]} ]; then
                pending[$rank]=$piece
            else
                pending[$rank]=''
                write_rank "$rank" "$piece"
            fi
        done
    done
    for rank in "${!pending[@]}"; do
        [ -z "${pending[$rank]}" ] || write_rank "$rank" "${pending[$rank]}"
    done
}

write_rank() {
    local name
    printf -v name 'rank-%05d.log' "$1"
    write_line "$log_dir/$name" "$2"
}

write_line() {
    printf '%s\n' "$2" >>"$1"
    [ "$tag_terminal" = yes ] || printf '%s\n' "$2"
}

# begin_logs: marks a start in the files. mpirun.log records each start, even without output of mpirun.
begin_logs() {
    local file start
    tag_terminal=$tag
    start="--- start $LOCKSTEP_RESTART, $(date '+%Y-%m-%d %H:%M:%S')"
    for file in "$log_dir"/*.log; do
        [ ! -s "$file" ] || printf '%s\n' "$start" >>"$file"
    done
    [ -s "$log_dir/mpirun.log" ] || printf '%s\n' "$start" >>"$log_dir/mpirun.log"
    printf '%s\n' "$printed" >>"$log_dir/mpirun.log"
}
