# The launcher's temporary folder, and what to remove at the end; sourced by scripts/launch.
# shellcheck shell=bash

scratch=''

# make_scratch: creates the folder in the user's runtime directory, or in TMPDIR.
make_scratch() {
    local place=${TMPDIR:-/tmp} said
    if [ -d "${XDG_RUNTIME_DIR:-}" ] && [ -O "$XDG_RUNTIME_DIR" ] && [ -w "$XDG_RUNTIME_DIR" ]; then place=$XDG_RUNTIME_DIR; fi
    remove_abandoned "$place"
    if ! said=$(mktemp -d "$place/lockstep-launch-XXXXXX" 2>&1); then
        die 2 "no temporary folder can be made in $place: ${said##*: }. TMPDIR names another place."
    fi
    scratch=$said
    need_scratch
}

# need_scratch: creates the folder again if it has been removed, for example by a cleaner of /tmp.
need_scratch() {
    if ! mkdir -m 700 "$scratch" 2>/dev/null && { [ ! -d "$scratch" ] || [ -L "$scratch" ] || [ ! -O "$scratch" ]; }; then
        die 75 "the temporary folder $scratch is gone, and cannot be made again."
    fi
    [ -e "$scratch/owner" ] || printf '%s\n' "$$ $(start_time $$)" "$LOCKSTEP_LAUNCH" >"$scratch/owner"
}

# note_traces: records the paths on standard input as Open MPI files of this launch.
note_traces() {
    local path
    while IFS= read -r path; do
        need_scratch
        grep -qxF -- "$path" "$scratch/traces" 2>/dev/null || printf '%s\n' "$path" >>"$scratch/traces"
    done
}

# note_session PROCESS: records the session folder of an mpirun, which Open MPI 4 names after its process.
note_session() {
    local host
    host=$(hostname)
    printf '%s\n' "${OMPI_MCA_orte_tmpdir_base:-${TMPDIR:-/tmp}}/ompi."{"$host","${host%%.*}"}".$(id -u)/pid.$1" | sort -u | note_traces
}

traces() { cat "$scratch/traces" 2>/dev/null; }

# remove_abandoned PLACE: removes the folders of killed launchers in PLACE, and their Open MPI files. A job
# that outlived its launcher keeps its files.
remove_abandoned() {
    local folder owner launch
    for folder in "$1"/lockstep-launch-??????; do
        if [ -L "$folder" ] || [ ! -O "$folder" ] || [ ! -O "$folder/owner" ]; then continue; fi
        { read -r -a owner && read -r launch; } <"$folder/owner" || continue
        [[ ${owner[0]:-} =~ ^[0-9]+$ && -n ${owner[1]:-} && -n $launch ]] || continue
        [ "$(start_time "${owner[0]}")" != "${owner[1]}" ] || continue
        # Processes of other users, and of other hosts that share the folder, are not visible.
        if [[ $launch != "$(hostname)-"* ]] || grep -qszxF "LOCKSTEP_LAUNCH=$launch" /proc/[0-9]*/environ; then continue; fi
        rank_script "$launch" yes "$(cat "$folder/traces" 2>/dev/null)" | sh -s >/dev/null
        rm -rf "$folder"
    done
}
