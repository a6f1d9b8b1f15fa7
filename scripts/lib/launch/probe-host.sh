# Checks a host before ranks start there. scripts/launch sends this file to `sh -s`, after assignments of the
# probe_ variables. Prints a line `problem TEXT` for each problem, and `checked` at the end. Leaves nothing
# behind.
# shellcheck shell=sh disable=SC2154 # the variables come before it

problem() { printf 'problem %s\n' "$*"; }

# The daemon that mpirun starts there over ssh, with the PATH of an ssh login.
if [ -n "$probe_daemon" ]; then
    if ! command -v "$probe_daemon" >/dev/null 2>&1; then
        problem "has no $probe_daemon${probe_daemon_path_note}: install the same $probe_mpi there."
    elif [ -n "$probe_version_program" ]; then
        found=$(version_line "$probe_version_program")
        [ "$found" = "$probe_daemon_version" ] ||
            problem "has another $probe_mpi: '$found'; here it is '$probe_daemon_version'. Install the same one on all hosts."
    fi
fi
if [ -n "$probe_resolves" ]; then
    found=$(getent ahostsv4 "$probe_resolves" 2>/dev/null | awk 'NR == 1 { print $1 }')
    case $probe_here/$found in
        */)
            problem "does not know the name $probe_resolves, by which MPICH's daemons connect to mpirun: add it to /etc/hosts" \
                "or the DNS there, or give --interface."
            ;;
        no/127.*)
            problem "takes the name $probe_resolves, by which MPICH's daemons connect to mpirun, for itself ($found): correct" \
                "it in /etc/hosts there, or give --interface."
            ;;
    esac
fi

PATH=$probe_path
export PATH
if [ -n "$probe_library_path" ]; then
    LD_LIBRARY_PATH=$probe_library_path
    export LD_LIBRARY_PATH
fi

[ -d "$probe_directory" ] || problem "has no directory $probe_directory, in which the ranks start: make it there, or" \
    "start from one that all hosts have."

if [ ! -e "$probe_binary" ]; then
    problem "has no $probe_binary: build or copy it to the same path there."
elif [ ! -x "$probe_binary" ] || [ -d "$probe_binary" ]; then
    problem "cannot run $probe_binary: it is not an executable file there."
else
    found=
    if [ -n "$probe_version" ]; then
        found=$("$probe_binary" --version 2>&1) || {
            problem "cannot run $probe_binary: $(printf '%s' "$found" | tail -n 1)"
            found=cannot
        }
    fi
    if [ "$found" = cannot ]; then
        :
    elif [ "$found" != "$probe_version" ]; then
        problem "has another version of $probe_binary: $(printf '%s' "$found" | head -n 1); here it is" \
            "$probe_version. Build or copy the same one there."
    elif [ "$(sha256sum <"$probe_binary")" != "$probe_checksum" ]; then
        problem "has another build of $probe_binary (its checksum differs). Copy the one from here, so that all ranks compute alike."
    fi
fi

if [ -n "$probe_run_file" ]; then
    if [ ! -r "$probe_run_file" ]; then
        problem "has no run file $probe_run_file, or may not read it: copy it there."
    elif [ "$(sha256sum <"$probe_run_file")" != "$probe_run_file_checksum" ]; then
        problem "has another run file $probe_run_file: its contents differ from the one here."
    fi
fi

# One path per line.
while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ ! -e "$path" ]; then
        problem "has no $path, which the run file's data need: copy it there."
    elif [ ! -r "$path" ]; then
        problem "may not read $path, which the run file's data need."
    fi
done <<EOF
$probe_files
EOF

# The run directory, or its nearest existing parent: test it by writing.
if [ -n "$probe_run_directory" ]; then
    nearest=$probe_run_directory
    while [ ! -e "$nearest" ]; do nearest=$(dirname "$nearest"); done
    if [ ! -d "$nearest" ]; then
        problem "cannot make the run directory $probe_run_directory: $nearest is not a directory."
    elif said=$( (probe_file=$(mktemp "$nearest/.lockstep-XXXXXX") && echo probe >"$probe_file" && rm "$probe_file") 2>&1); then
        :
    else
        problem "cannot write the run directory $probe_run_directory: $(printf '%s' "$said" | tail -n 1 | sed 's/.*: //') ($nearest)."
    fi
fi

for wanted in $(printf '%s' "$probe_interface" | tr ',' ' '); do
    case $wanted in
        */*)
            if command -v ip >/dev/null 2>&1 && [ -z "$(ip -o addr show to "$wanted" 2>/dev/null)" ]; then
                problem "has no address in the network $wanted (--interface); it has: $(ip -o addr show | awk '{ printf "%s ", $4 }')"
            fi
            ;;
        *)
            [ -e "/sys/class/net/$wanted" ] ||
                problem "has no network interface $wanted (--interface); it has: $(cd /sys/class/net && echo *)."
            ;;
    esac
done
printf 'checked\n'
