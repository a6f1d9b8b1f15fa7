# The options of scripts/launch; sourced by it.
# shellcheck shell=bash disable=SC2034 # the other files of this folder use the variables

ranks='' nproc_per_node='' hosts='' hostfile='' bind=none interface='' ssh_port='' identity='' extra='' log_dir=''
max_restarts=0 min_ranks='' time_out='' grace=60 tag=no stdin=no dry_run=no
# Variables of --env, besides those that are always passed.
environment_names=()

value() { [ "$1" -ge 2 ] || die 2 "option $2 needs a value; see scripts/launch --help."; }

# parse_options ARGUMENT...: reads the options; stores the remaining words in `command_words`.
parse_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            -n | -np | --np) value $# "$1"; ranks=$2; shift 2 ;;
            --nproc-per-node) value $# "$1"; nproc_per_node=$2; shift 2 ;;
            -H | --hosts) value $# "$1"; hosts=$2; shift 2 ;;
            --hostfile) value $# "$1"; hostfile=$2; shift 2 ;;
            --bind-to) value $# "$1"; bind=$2; shift 2 ;;
            --interface) value $# "$1"; interface=$2; shift 2 ;;
            --ssh-port) value $# "$1"; ssh_port=$2; shift 2 ;;
            --identity) value $# "$1"; identity=$2; shift 2 ;;
            --env) value $# "$1"; add_environment "$2"; shift 2 ;;
            --mpi-args) value $# "$1"; extra=$2; shift 2 ;;
            --log-dir) value $# "$1"; log_dir=$2; shift 2 ;;
            --max-restarts) value $# "$1"; max_restarts=$2; shift 2 ;;
            --min-ranks) value $# "$1"; min_ranks=$2; shift 2 ;;
            --timeout) value $# "$1"; time_out=$2; shift 2 ;;
            --grace) value $# "$1"; grace=$2; shift 2 ;;
            --tag) tag=yes; shift ;;
            --stdin) stdin=yes; shift ;;
            --dry-run) dry_run=yes; shift ;;
            -h | --help) usage; exit 0 ;;
            --) shift; break ;;
            -*) unknown_option "$1" ;;
            *) break ;;
        esac
    done
    command_words=("$@")
    check_options
}

# known_options: the options in the help text, one per line.
known_options() { usage | sed -n 's/^  \(-[^ ].*\)/\1/p' | grep -oE '(^|, )-{1,2}[A-Za-z][a-z-]*' | sed 's/^, //'; printf '%s\n' --help; }

# unknown_option ARGUMENT: --hosts=a,b is also unknown, since values are separate words.
unknown_option() {
    local near value=''
    near=$(known_options | nearest_word "${1%%=*}")
    case $1 in *=*) value=" ${1#*=}" ;; esac
    [ -n "$near" ] || die 2 "unknown option '$1'; options of the command follow it. See scripts/launch --help."
    die 2 "unknown option '$1'; did you mean '$near$value'? See scripts/launch --help."
}

# --env NAME[=VALUE]
add_environment() {
    local name=${1%%=*}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || die 2 "--env takes NAME or NAME=VALUE; got '$1'."
    case $1 in
        *=*) export "$name=${1#*=}" ;;
        *) [ -n "${!name+set}" ] || die 2 "--env $name: there is no such variable here; give --env $name=VALUE." ;;
    esac
    environment_names+=("$name")
}

# whole_number OPTION VALUE MINIMUM
whole_number() {
    if ! [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] || [ "$2" -lt "$3" ]; then
        die 2 "$1 must be a whole number from $3 on; got '$2'."
    fi
}

check_options() {
    [ ${#command_words[@]} -gt 0 ] || die 2 "which command? For example: scripts/launch -n 2 train Examples/fashion-mlp.yaml"
    [ -n "$ranks$nproc_per_node" ] || die 2 "how many ranks? Give -n N (or -n auto), or --nproc-per-node N."
    [[ -z $ranks || $ranks =~ ^(auto|[1-9][0-9]{0,8})$ ]] || die 2 "-n must be a whole number from 1 on, or auto; got '$ranks'."
    if [ -n "$nproc_per_node" ]; then whole_number --nproc-per-node "$nproc_per_node" 1; fi
    whole_number --max-restarts "$max_restarts" 0
    if [ -n "$min_ranks" ]; then whole_number --min-ranks "$min_ranks" 1; fi
    [[ $grace =~ ^[0-9]+$ ]] || die 2 "--grace must be a whole number of seconds; got '$grace'."
    whole_number LOCKSTEP_LINGER "${LOCKSTEP_LINGER:-5}" 0
    whole_number LOCKSTEP_START_TIMEOUT "${LOCKSTEP_START_TIMEOUT:-60}" 1
    whole_number LOCKSTEP_CONNECT_TIMEOUT "${LOCKSTEP_CONNECT_TIMEOUT:-10}" 1
    if [ -n "$time_out" ]; then
        [[ $time_out =~ ^[0-9]+(\.[0-9]+)?$ ]] || die 2 "--timeout must be a number of seconds, 0 for none; got '$time_out'."
        export LOCKSTEP_TIMEOUT=$time_out
    fi
    if [ -n "$ssh_port" ]; then
        whole_number --ssh-port "$ssh_port" 1
        [ "$ssh_port" -le 65535 ] || die 2 "--ssh-port must be at most 65535; got '$ssh_port'."
    fi
    if [ -n "$identity" ]; then
        if [ ! -f "$identity" ] || [ ! -r "$identity" ]; then die 2 "the key of --identity '$identity' cannot be read."; fi
        identity=$(realpath "$identity")
        [[ $identity != *[[:space:]]* ]] || die 2 "mpirun splits ssh's options at blanks: --identity cannot be" \
            "'$identity'. Link the key to a path without blanks."
    fi
    [[ $interface != *[[:space:]]* ]] || die 2 "--interface takes names or networks such as eth0 or 10.0.0.0/24, with" \
        "commas between them; got '$interface'."
    if [ -n "$hosts" ] && [ -n "$hostfile" ]; then die 2 "give either -H or --hostfile, not both."; fi
    # shellcheck disable=SC2088 # the literal character, not expanded by a shell
    case $log_dir in "~"*) die 2 "--log-dir '$log_dir': '~' does not name the home directory here, since no shell has" \
        "expanded it; write the whole path." ;; esac
    if [ -n "$log_dir" ] && [ "$dry_run" = no ]; then
        mkdir -p "$log_dir" 2>/dev/null || die 2 "--log-dir '$log_dir' cannot be made."
        [ -w "$log_dir" ] || die 2 "--log-dir '$log_dir' cannot be written."
    fi
}
