# The program of a launch, and its run directory; sourced by scripts/launch.
# shellcheck shell=bash disable=SC2034 # scripts/launch uses the variables

# Whether the program is the lockstep command; its path; its arguments; the words for mpirun.
is_lockstep=no binary='' arguments=() program=()
# The run file and the run directory among the arguments; empty for none.
run_file='' run_directory=''
# A run directory that was created here to reserve its name.
claimed_directory=''
# The time-out of the ranks, if the arguments override LOCKSTEP_TIMEOUT.
rank_timeout=''
# Whether this is a training run, whose ranks end together: `perhaps` for a program with a run directory,
# until there are heartbeats.
is_training=no

find_command() {
    local found
    case ${command_words[0]} in
        *.yaml | *.yml) die 2 "'${command_words[0]}' is a run file; put a command before it: train ${command_words[0]}" ;;
        */*)
            binary=${command_words[0]}
            is_program "$binary" || die 2 "'$binary' is not a program that can be run.$(how_to_build "$binary")"
            ;;
        *)
            is_lockstep=yes
            [ "${command_words[0]}" != lockstep ] || command_words=("${command_words[@]:1}")
            [ ${#command_words[@]} -gt 0 ] || die 2 "which subcommand of lockstep? For example: train Examples/fashion-mlp.yaml"
            binary=${LOCKSTEP_BINARY:-$(release_binary)}
            if [ "$dry_run" = no ]; then
                if [ -z "${LOCKSTEP_BINARY:-}" ]; then build_if_needed; fi
                is_program "$binary" || die 2 "LOCKSTEP_BINARY: '$binary' is not a program that can be run.$(how_to_build "$binary")"
            fi
            found=$(type -P -- "${command_words[0]}")
            if [ -n "$found" ] && [ -x "$binary" ] && ! is_subcommand "${command_words[0]}"; then
                is_lockstep=no binary=$found
                command_words[0]=$found
            else
                [ "$dry_run" = yes ] || check_subcommand "${command_words[0]}"
                command_words=("$binary" "${command_words[@]}")
            fi
            ;;
    esac
    arguments=("${command_words[@]:1}")
    read_arguments
    if [ "$is_lockstep" = yes ] && [ "${arguments[0]}" = train ]; then choose_run_directory; fi
    if [ -n "$run_directory" ]; then
        if [ "$is_lockstep" = no ]; then is_training=perhaps; elif [ "${arguments[0]}" = train ]; then is_training=yes; fi
    fi
    program=("$binary" "${arguments[@]}")
}

is_program() { [ -x "$1" ] && [ ! -d "$1" ]; }

# how_to_build PROGRAM: advice for a product of this package.
how_to_build() {
    case $1 in
        .build/release/* | */.build/release/*) printf ' Is it built? swift build -c release --product %s' "${1##*/}" ;;
        .build/debug/* | */.build/debug/*) printf ' Is it built? swift build --product %s' "${1##*/}" ;;
    esac
}

# The help of `binary`, and its names of subcommands, one per line; empty if it lists none, or has not been asked.
help_text='' help_names=''

# read_help: asks `binary` for its help, once: starting it takes longer than the rest of this file.
read_help() {
    [ -z "$help_text" ] || return 0
    help_text=$("$binary" --help 2>&1) || die 2 "'$binary' cannot be run: $help_text"
    help_names=$(sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help_text")
}

# is_subcommand WORD: whether it can be for the command itself.
is_subcommand() {
    case $1 in -* | help) return ;; esac
    read_help
    [ -z "$help_names" ] || [[ $'\n'$help_names$'\n' == *$'\n'"$1"$'\n'* ]]
}

# check_subcommand WORD: checked here, since otherwise every rank would report the mistake.
check_subcommand() {
    local hint
    is_subcommand "$1" && return
    # The command itself suggests the nearest one.
    hint=$("$binary" "$1" 2>&1 | grep -o "Did you mean '[a-z-]*'?")
    die 2 "lockstep has no subcommand '$1'.${hint:+ $hint} There are $(paste -sd , <<<"$help_names" | sed 's/,/, /g'). A" \
        "program that is not in PATH needs its path: ./$1"
}

# Finds the run file, the run directory, --set and --resume among the arguments.
read_arguments() {
    local i word
    settings=() resumes=no
    for ((i = 0; i < ${#arguments[@]}; i++)); do
        word=${arguments[i]}
        case $word in
            --run-dir) run_directory=${arguments[i + 1]:-}; i=$((i + 1)) ;;
            --run-dir=*) run_directory=${word#*=} ;;
            --set) settings+=(--set "${arguments[i + 1]:-}"); i=$((i + 1)) ;;
            --set=*) settings+=(--set "${word#*=}") ;;
            --resume) resumes=yes ;;
            --timeout) rank_timeout=${arguments[i + 1]:-}; i=$((i + 1)) ;;
            --timeout=*) rank_timeout=${word#*=} ;;
            --trace | --output | --stop-after-step) i=$((i + 1)) ;;
            -*) ;;
            *.yaml | *.yml) run_file=$word ;;
        esac
    done
}

# Names the run directory by the command's rule, so that the run can be resumed after a fault.
choose_run_directory() {
    [ -z "$run_directory" ] && [ -n "$run_file" ] || return 0
    local recipe entry base number=2
    recipe=$(basename "$run_file")
    recipe=${recipe%.*}
    if [ "$resumes" = yes ]; then
        # The newest run; without one the command reports that there is none.
        for entry in "runs/$recipe"-*; do
            if [[ -d $entry && ${entry#"runs/$recipe-"} =~ ^[0-9-]+$ ]]; then run_directory=$entry; fi
        done
        [ -n "$run_directory" ] || return 0
    else
        base=runs/$recipe-$(date +%Y%m%d-%H%M%S)
        run_directory=$base
        until claim_directory "$run_directory"; do
            run_directory=$base-$number
            number=$((number + 1))
        done
    fi
    arguments+=(--run-dir "$run_directory")
}

# claim_directory DIRECTORY: creates it, so that no other launcher uses the same name; false if it exists. If
# it cannot be created, the command reports why.
claim_directory() {
    [ ! -e "$1" ] || return
    [ "$dry_run" = no ] && mkdir -p "$(dirname "$1")" 2>/dev/null || return 0
    if mkdir "$1" 2>/dev/null; then
        claimed_directory=$1
    else
        [ ! -e "$1" ]
    fi
}

# remove_unused_claim: removes the directory of a run that never started.
remove_unused_claim() {
    if [ -z "$claimed_directory" ] || [ -e "$claimed_directory/train.log" ]; then return; fi
    rm -f "$claimed_directory"/{lock,config.yaml,heartbeats/rank-*}
    rmdir "$claimed_directory/heartbeats" "$claimed_directory" 2>/dev/null
}

# After a fault, resume from the newest undamaged checkpoint.
continue_program() {
    if [ -n "$run_directory" ] && [ "$resumes" = no ]; then
        resumes=yes
        program+=(--resume)
    fi
}

# Threads of a rank, only for the warning; the command sets them.
threads_of_rank() {
    local threads=1 word
    if [ -n "$run_file" ] && [ -r "$run_file" ]; then
        threads=$(sed -n 's/^threads:[[:space:]]*\([0-9][0-9]*\).*/\1/p' "$run_file" | head -n 1)
    fi
    for word in "${arguments[@]}"; do
        case $word in threads=*) threads=${word#threads=} ;; esac
    done
    [[ ${threads:-} =~ ^[1-9][0-9]*$ ]] || threads=1
    printf '%s\n' "$threads"
}
