# Prints `RANK PROCESS` for each process on this host that belongs to a rank of the launch $launch_id (its number is in the
# environment variable named by $launch_variable), and
# `trace PATH` for its Open MPI files on this host: session folders, and segments in /dev/shm. With
# launch_end=yes it first kills the processes, and removes the paths of $launch_traces on this host. Skips
# processes of another host that shares this one's /proc (a network namespace).
# shellcheck shell=sh disable=SC2154 # the variables come before it
here=$(readlink /proc/self/ns/uts)
maps=
for file in $(grep -lzxF "LOCKSTEP_LAUNCH=$launch_id" /proc/[0-9]*/environ 2>/dev/null); do
    process=${file#/proc/}
    process=${process%/environ}
    [ "$(readlink "/proc/$process/ns/uts" 2>/dev/null)" = "$here" ] || continue
    lines=$(tr '\0' '\n' 2>/dev/null <"$file" |
        sed -n -e "s/^$launch_variable=\([0-9]*\)\$/\1 $process/p" -e 's/^PMIX_SERVER_TMPDIR=/trace /p')
    # mpirun and its daemons have no rank.
    case $lines in *[0-9]" $process"*) ;; *) continue ;; esac
    if [ "$launch_end" = yes ]; then kill -KILL "$process" 2>/dev/null; fi
    printf '%s\n' "$lines"
    maps="$maps /proc/$process/maps"
done
if [ -n "$maps" ] && [ "$launch_end" = no ]; then
    # shellcheck disable=SC2086 # one word for each file
    sed -n 's|.* \(/dev/shm/[a-z]*_segment\.[^ ]*\)$|trace \1|p' $maps 2>/dev/null
fi
if [ "$launch_end" = yes ]; then
    printf '%s\n' "$launch_traces" | while IFS= read -r path; do
        # Remove only files of this user with Open MPI's names, whatever the list contains.
        case $path in
            *[!A-Za-z0-9_./-]* | */../*) continue ;;
            /dev/shm/*_segment.*) [ -f "$path" ] || continue ;;
            */ompi.*) [ -d "$path" ] || continue ;;
            *) continue ;;
        esac
        if [ -L "$path" ] || [ ! -O "$path" ]; then continue; fi
        rm -rf "$path"
        # The folder of all sessions of this user is removed with the last session.
        rmdir "${path%/*}" 2>/dev/null || :
    done
fi
