# Prints `RANK PROCESS` for each process on this host that belongs to a rank of the launch $launch_id; with launch_end=yes it kills
# them first. Processes of another host that shares this one's /proc (a network namespace) are left out.
# shellcheck shell=sh disable=SC2154 # the variables come before it
here=$(readlink /proc/self/ns/uts)
for file in $(grep -lzxF "LOCKSTEP_LAUNCH=$launch_id" /proc/[0-9]*/environ 2>/dev/null); do
    process=${file#/proc/}
    process=${process%/environ}
    [ "$(readlink "/proc/$process/ns/uts" 2>/dev/null)" = "$here" ] || continue
    rank=$(tr '\0' '\n' 2>/dev/null <"$file" | sed -n 's/^OMPI_COMM_WORLD_RANK=//p')
    [ -n "$rank" ] || continue
    if [ "$launch_end" = yes ]; then kill -KILL "$process" 2>/dev/null; fi
    printf '%s %s\n' "$rank" "$process"
done
